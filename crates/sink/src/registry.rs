//! The registry: the newest numbers of everybody, and their text.
//!
//! Numbers come as a whole [`Figures`] and replace the ones before, so a scrape never sees half of a step.
//! Sums stay bounded: of a family with a label `rule` or `task` the greatest 200 series stand for themselves,
//! the rest is `other`.

use crate::families::{ALL, Family, Kind};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Series of one family, by rule or task, that stand for themselves.
const SERIES_MAX: usize = 200;

/// Labels whose values come from the user's own files.
const OPEN_LABELS: &[&str] = &["rule", "task"];

type Series = BTreeMap<Vec<String>, f64>;

/// Numbers, by family and labels.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    families: BTreeMap<&'static str, (&'static Family, Series)>,
}

impl Figures {
    /// Nothing.
    pub fn new() -> Self {
        Figures::default()
    }

    /// Adds to a series. The labels are the values, in the family's order.
    pub fn add(&mut self, family: &'static Family, labels: &[&str], value: f64) {
        assert_eq!(labels.len(), family.labels.len(), "{}", family.name); // The families are a table in this crate.
        let (_, series) = self.families.entry(family.name).or_insert_with(|| (family, Series::new()));
        *series.entry(labels.iter().map(|label| (*label).to_owned()).collect()).or_default() += value;
    }

    /// The same, of a count.
    pub fn count(&mut self, family: &'static Family, labels: &[&str], value: u64) {
        self.add(family, labels, value as f64);
    }
}

/// The numbers that are exported now.
#[derive(Clone, Default)]
pub struct Registry {
    newest: Arc<Mutex<Figures>>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Registry::default()
    }

    /// Replaces the numbers.
    pub fn publish(&self, figures: Figures) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    /// The Prometheus text of the newest numbers.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Names and labels come from the table, so that there is nothing to refuse; memory takes what is
        // written.
        let _infallible = TextEncoder::new().encode(&self.collect(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}

impl Collector for Registry {
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let figures = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = ALL.iter().filter_map(|family| figures.families.get(family.name));
        known.filter(|(_, series)| !series.is_empty()).map(|(family, series)| proto(family, series)).collect()
    }
}

fn proto(family: &Family, series: &Series) -> MetricFamily {
    let mut proto = MetricFamily::default();
    proto.set_name(family.name.to_owned());
    proto.set_help(family.help.to_owned());
    proto.set_field_type(match family.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
    });
    let metrics = bounded(family, series).into_iter().map(|(labels, value)| metric(family, &labels, value));
    proto.set_metric(metrics.collect());
    proto
}

/// Of more series than the bound the greatest, and the sum of the rest.
fn bounded(family: &Family, series: &Series) -> Series {
    let open = family.labels.iter().position(|label| OPEN_LABELS.contains(label));
    let (Some(open), true) = (open, series.len() > SERIES_MAX) else { return series.clone() };
    let mut by_value: Vec<(&Vec<String>, f64)> =
        series.iter().map(|(labels, value)| (labels, *value)).collect();
    by_value.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
    let mut kept = Series::new();
    for (at, (labels, value)) in by_value.into_iter().enumerate() {
        let mut labels = labels.clone();
        if at >= SERIES_MAX {
            labels[open] = "other".to_owned();
        }
        *kept.entry(labels).or_default() += value;
    }
    kept
}

fn metric(family: &Family, values: &[String], value: f64) -> Metric {
    let pair = |(name, value): (&&str, &String)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value.clone());
        pair
    };
    let mut metric = Metric::default();
    metric.set_label(family.labels.iter().zip(values).map(pair).collect());
    match family.kind {
        Kind::Counter => {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        }
        Kind::Gauge => {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
    }
    metric
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families;

    #[test]
    fn numbers_come_out_as_text() {
        let registry = Registry::new();
        let mut figures = Figures::new();
        figures.count(&families::RECORDS, &["decoded"], 3);
        figures.count(&families::RECORDS, &["rejected"], 0);
        figures.add(&families::CLOCK, &["0"], 1.5);
        registry.publish(figures);
        assert_eq!(
            registry.text(),
            "# HELP watchfloor_records_total Records: read = decoded + rejected + control\n\
             # TYPE watchfloor_records_total counter\n\
             watchfloor_records_total{outcome=\"decoded\"} 3\n\
             watchfloor_records_total{outcome=\"rejected\"} 0\n\
             # HELP watchfloor_clock_timestamp_seconds Up to when a task has settled\n\
             # TYPE watchfloor_clock_timestamp_seconds gauge\n\
             watchfloor_clock_timestamp_seconds{task=\"0\"} 1.5\n"
        );
    }

    #[test]
    fn newer_numbers_replace_older_ones() {
        let registry = Registry::new();
        for n in [1, 2] {
            let mut figures = Figures::new();
            figures.count(&families::ROWS, &[], n);
            registry.publish(figures);
        }
        assert!(registry.text().ends_with("watchfloor_published_rows_total 2\n"));
    }

    #[test]
    fn many_rules_share_one_series() {
        let mut figures = Figures::new();
        for rule in 0..1_000u64 {
            figures.count(&families::RULE_ALERTS, &[&format!("r{rule:04}")], rule);
        }
        let registry = Registry::new();
        registry.publish(figures);
        let text = registry.text();
        assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), SERIES_MAX + 1);
        assert!(text.contains(&format!("{{rule=\"other\"}} {}\n", (0..800).sum::<u64>())), "{text}");
    }

    #[test]
    fn names_follow_the_conventions() {
        for family in ALL {
            assert!(family.name.starts_with("watchfloor_"), "{}", family.name);
            assert_eq!(family.kind == Kind::Counter, family.name.ends_with("_total"), "{}", family.name);
        }
        let names: std::collections::BTreeSet<&str> = ALL.iter().map(|family| family.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
