//! Every family of metrics that is exported (reliability.md §9): name, meaning, labels. What is not here is
//! not exported.
//!
//! Labels are bounded. No label ever holds a user, an address, a key, an id or the text of an error.

/// What the numbers of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They only grow while the process lives.
    Counter,
    /// They go up and down.
    Gauge,
}

/// A family: one name, its series told apart by labels.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// What its numbers are.
    pub kind: Kind,
    /// The names of its labels, in order.
    pub labels: &'static [&'static str],
}

macro_rules! families {
    ($($constant:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Family =
                Family { name: $name, help: $help, kind: Kind::$kind, labels: &[$($label),*] };
        )*
        /// All of them.
        pub static ALL: &[&Family] = &[$(&$constant),*];
    };
}

families! {
    RECORDS = Counter "watchfloor_records_total" ["outcome"]
        "Records: read = decoded + rejected + control";
    REJECTS = Counter "watchfloor_rejects_total" ["reason"]
        "Records that are no event, by reason";
    FORMAT_RECORDS = Counter "watchfloor_format_records_total" ["format", "outcome"]
        "Records by the format that was asked";
    EVENTS = Counter "watchfloor_events_total" ["outcome"]
        "Events: decoded = duplicate + late + heartbeat + state_unchanged + shed + unmatched + matched";
    EVENTS_WITHOUT_TIME = Counter "watchfloor_clamped_timestamps_total" ["cause"]
        "Events whose device gave no usable time, or one from the future";
    ALERTS = Counter "watchfloor_alerts_total" ["outcome"]
        "Alerts: at rest raised = settled + withdrawn + merged";
    INCIDENTS = Counter "watchfloor_incidents_total" ["kind"]
        "Revisions of incidents published, by kind";
    RULE_ALERTS = Counter "watchfloor_rule_matches_total" ["rule"]
        "Alerts raised, by rule";
    RULE_BOUNDS = Counter "watchfloor_rule_bound_total" ["rule", "bound"]
        "Bounds that were hit; what they touched says exact: false";
    CLOCK = Gauge "watchfloor_clock_timestamp_seconds" ["task"]
        "Up to when a task has settled";
    LAG_RECORDS = Gauge "watchfloor_kafka_lag_records" ["topic", "partition"]
        "Records that have been appended and not yet applied";
    ASSIGNED = Gauge "watchfloor_assigned_partitions" []
        "Partitions that this instance reads";
    REBALANCES = Counter "watchfloor_rebalances_total" ["kind"]
        "Changes of the assignment";
    RULE_RELOADS = Counter "watchfloor_rule_reloads_total" ["result"]
        "Changed sets of rules: in force, or refused";
    LAST_POLL = Gauge "watchfloor_last_poll_timestamp_seconds" []
        "When the consumer was last asked for records";
    TRANSACTIONS = Counter "watchfloor_txn_total" ["result"]
        "Transactions, by what the broker answered";
    ROWS = Counter "watchfloor_published_rows_total" []
        "Rows confirmed in transactions";
    RECYCLES = Counter "watchfloor_producer_recycles_total" ["cause"]
        "Producers destroyed and built anew because an outcome was not known";
    ANOMALIES = Counter "watchfloor_output_anomalies_total" ["kind"]
        "Rows that the read-back found missing, doubled, foreign or unreadable; repaired";
    UNCONFIRMED = Gauge "watchfloor_unconfirmed_incidents" ["task"]
        "Published incidents whose last row has not been read back yet";
    SNAPSHOT_TIME = Gauge "watchfloor_snapshot_timestamp_seconds" ["task"]
        "When the last snapshot was taken";
    SNAPSHOT_BYTES = Gauge "watchfloor_snapshot_bytes" ["task"]
        "How large the last snapshot is";
    STATE_KEYS = Gauge "watchfloor_state_keys" ["rule"]
        "Cells in memory";
    READY = Gauge "watchfloor_ready" []
        "1 when the instance does its work: assigned, restored, rules loaded";
    START_TIME = Gauge "watchfloor_start_timestamp_seconds" []
        "When the process started";
    BUILD = Gauge "watchfloor_build_info" ["version"]
        "Always 1; the version is the label";
}
