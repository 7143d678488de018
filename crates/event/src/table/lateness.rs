//! Default lateness by format and type of record: how long after it happened a record may still arrive.
//!
//! The topic's own setting goes before this, the class's default after. Measured on recordings and on what
//! the makers say of retries and polling; not a promise of any one site.

/// A row: formats, the types of record it is for (none: all the others), seconds.
type Row = (&'static [&'static str], &'static [&'static str], u32);

const MINUTE: u32 = 60;

/// Rows with types stand before the row of their format without.
const ROWS: &[Row] = &[
    (&["sia-dc09", "contact-id", "surgard", "envisalink", "alarmdecoder", "paradox"], &[], MINUTE),
    (&["uhppote"], &["events/live"], 10),
    (&["mapped", "uhppote"], &[], 15 * MINUTE),
    (&["unifi-access", "gallagher", "hikvision-acs", "verkada", "brivo"], &[], MINUTE),
    (&["onvif", "onvif-ej"], &["door"], MINUTE),
    (&["onvif", "onvif-ej", "axis-mqtt", "hikvision", "dahua", "unifi-protect"], &[], 10),
    (&["milestone", "frigate", "deepstream"], &[], 10),
    (&["suricata"], &["flow", "netflow"], MINUTE),
    (&["suricata", "snort"], &[], 10),
    (&["zeek"], &["ssl", "rdp", "smtp", "ssh", "kerberos"], 15),
    (&["zeek"], &["dns", "snmp"], 90),
    (&["zeek"], &["ntlm", "conn", "known_services"], 330),
    (&["zeek"], &[], 10),
    (&["syslog", "cef", "leef", "fortinet", "paloalto", "cisco-asa", "checkpoint"], &[], 10),
    (&["windows", "wazuh", "ecs", "ocsf", "otlp", "cloudevents", "idmef", "physec"], &[], MINUTE),
    (&["okta"], &[], 5 * MINUTE),
    (&["entra"], &[], 2 * 60 * MINUTE),
    (&["self"], &[], 1),
];

/// Seconds for a format and a type of record (`conn`, `events/live`, `door`; empty if the format has none).
///
/// None for a format without a row: then the class decides.
pub fn of(format: &str, kind: &str) -> Option<u32> {
    let fits =
        |(formats, kinds, _): &&Row| formats.contains(&format) && (kinds.is_empty() || kinds.contains(&kind));
    ROWS.iter().find(fits).map(|(_, _, seconds)| *seconds)
}
