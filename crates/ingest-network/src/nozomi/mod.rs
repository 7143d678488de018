//! Nozomi Networks: alerts, assets and health of OT sensors, as JSON of Vantage or as CEF of Guardian.
//!
//! An alert names two ends and a type; it is updated in place, so an update has the same id and another time.
//! An asset is a machine that was seen. CEF is read by the decoder of CEF, which knows the maker's keys.

use crate::cef::Cef;
use crate::words::set_time;
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{self, Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] =
    &[class::IDS_ALERT, class::NET_HOST_SEEN, class::HEALTH_FAULT, class::UNCLASSIFIED];

json_paths! {
    NOZOMI {
        EVENT_TYPE: "event_type",
        ID: "id",
        NAME: "name",
        TIME: "time",
        CREATED: "created_time",
        TYPE_ID: "type_id",
        TYPE_NAME: "type_name",
        DESCRIPTION: "description",
        RISK: "risk",
        SEVERITY: "severity",
        IP_SRC: "ip_src",
        IP_DST: "ip_dst",
        MAC_SRC: "mac_src",
        MAC_DST: "mac_dst",
        PORT_SRC: "port_src",
        PORT_DST: "port_dst",
        LABEL_SRC: "label_src",
        LABEL_DST: "label_dst",
        PROTOCOL: "protocol",
        TECHNIQUE: "mitre_attack_techniques",
        IP: "ip/0",
        MAC: "mac_address/0",
        KIND_OF: "type",
        APPLIANCE: "appliance_host",
        NODE: "nodes/0",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 5]> =
    LazyLock::new(|| ["event_type", "ip_src", "type_id", "nodes", "time"].map(Word::new));

/// The decoder of Nozomi's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nozomi;

impl Decoder for Nozomi {
    fn format(&self) -> &'static str {
        "nozomi"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Nozomi Networks alerts, assets and health, as JSON or CEF"
    }

    fn produces(&self) -> Vec<Production> {
        let of_cef = Cef.produces().into_iter().map(|production| production.class);
        let mut classes: Vec<ClassId> = of_cef.chain(CLASSES.iter().copied()).collect();
        classes.sort_unstable();
        classes.dedup();
        let cef = Cef.produces();
        changes(KIND, &classes).chain(cef).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        if !looks_like_object(value) {
            return json::holds(value, "|Nozomi Networks|") && Cef.sniff(value);
        }
        let [event_type, ip_src, type_id, nodes, time] = &*WORDS;
        let is_alert = type_id.is_in(value) && ip_src.is_in(value);
        let kinds = ["\"assets\"", "\"wireless_networks\"", "\"nodes\"", "\"alerts\"", "\"health_log\""];
        let is_kind = event_type.is_in(value) && kinds.iter().any(|kind| json::holds(value, kind));
        time.is_in(value) && (is_alert || is_kind || (event_type.is_in(value) && nodes.is_in(value)))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        if !looks_like_object(record.value) {
            return Cef.decode(record, out);
        }
        let json = NOZOMI.read(record.text()?)?;
        let kind = json[EVENT_TYPE].text();
        let is_alert = json[TYPE_ID].is_some() || matches!(kind, Some("alerts" | "alert"));
        let class = match kind {
            _ if is_alert => class::IDS_ALERT,
            Some("assets" | "nodes" | "asset" | "node") => class::NET_HOST_SEEN,
            Some("health_log" | "health") => class::HEALTH_FAULT,
            Some(_) => class::UNCLASSIFIED,
            None => return Err(Refusal::malformed("no `event_type` and no `type_id`")),
        };
        let mut row = out.begin(class);
        row.text(field::NATIVE_CODE, &["nozomi:", json[TYPE_ID].text().or(kind).unwrap_or("-")].concat());
        let time = json[TIME].int().or(json[CREATED].int()).and_then(epoch).map(|time| (time, false));
        if let Some(id) = json[ID].text() {
            let moment = time.map(|(time, _)| time.0).unwrap_or_default();
            row.native_id(&format!("{id}:{moment}"));
        }
        set_time(&mut row, time, TimeQuality::Device);
        if let Some(appliance) = json[APPLIANCE].text() {
            row.source(appliance);
        }
        write(&mut row, class, &json);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>) {
    row.maybe(field::MESSAGE, json[DESCRIPTION].text().or(json[NAME].text()));
    let risk = json[RISK].float().or(json[SEVERITY].float()).filter(|risk| (0.0..=10.0).contains(risk));
    if let Some(risk) = risk {
        row.int(field::NATIVE_SEVERITY, (risk * 10.0) as i64);
    }
    match class {
        class::IDS_ALERT => {
            let name = json[NAME].text().or(json[TYPE_NAME].text()).or(json[TYPE_ID].text());
            row.text(field::SIG_NAME, name.unwrap_or("-")).maybe(field::SIG_ID, json[TYPE_ID].text());
            row.maybe(field::SRC_IP, json[IP_SRC].text()).maybe(field::DST_IP, json[IP_DST].text());
            row.maybe(field::SRC_MAC, json[MAC_SRC].text()).maybe(field::DST_MAC, json[MAC_DST].text());
            row.maybe(field::SRC_HOST, json[LABEL_SRC].text()).maybe(field::DST_HOST, json[LABEL_DST].text());
            json[PORT_SRC].write(row, field::SRC_PORT);
            json[PORT_DST].write(row, field::DST_PORT);
            row.maybe(field::APP, json[PROTOCOL].text()).maybe(field::TECHNIQUE, json[TECHNIQUE].text());
        }
        class::NET_HOST_SEEN => {
            row.maybe(field::SRC_IP, json[IP].text()).maybe(field::SRC_MAC, json[MAC].text());
            row.maybe(field::SRC_HOST, json[NAME].text().or(json[NODE].text()));
            row.maybe(field::NATIVE_REASON, json[KIND_OF].text());
        }
        class::HEALTH_FAULT => {
            row.text(field::FAULT_KIND, "other").maybe(field::DEVICE, json[APPLIANCE].text());
        }
        _ => {}
    }
}
