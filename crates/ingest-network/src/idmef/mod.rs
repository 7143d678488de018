//! IDMEFv2: alerts of cyber and physical detectors and of availability monitors, as JSON.
//!
//! `Type` and the first `Category` say what an alert is: what was forced open, what was attacked, what is gone.
//! `Sensor` saw it, `Source` did it, `Target` has it; of several the first counts. The names of sensors and
//! their locations are all that stands for a door or a point, so the site model's aliases know them.

use crate::words::{self, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::NET_SCAN,
    class::DOOR_FORCED,
    class::INTRUSION_ALARM,
    class::FIRE_ALARM,
    class::HEALTH_OFFLINE,
    class::HEALTH_FAULT,
    class::UNCLASSIFIED,
];

json_paths! {
    IDMEF {
        VERSION: "Version",
        ID: "ID",
        TYPE: "Type",
        CATEGORY: "Category/0",
        PRIORITY: "Priority",
        CAUSE: "Cause",
        DESCRIPTION: "Description",
        START: "StartTime",
        CREATE: "CreateTime",
        CONFIDENCE: "Confidence",
        ANALYZER: "Analyzer/Name",
        ANALYZER_HOST: "Analyzer/Hostname",
        SENSOR: "Sensor/0/Name",
        SENSOR_HOST: "Sensor/0/Hostname",
        SENSOR_PLACE: "Sensor/0/Location",
        SOURCE_IP: "Source/0/IP",
        SOURCE_HOST: "Source/0/Hostname",
        SOURCE_USER: "Source/0/User",
        SOURCE_PORT: "Source/0/Port/0",
        TARGET_IP: "Target/0/IP",
        TARGET_HOST: "Target/0/Hostname",
        TARGET_USER: "Target/0/User",
        TARGET_PORT: "Target/0/Port/0",
        TARGET_SERVICE: "Target/0/Service",
    }
}

type Alert<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["Analyzer", "CreateTime", "Version"].map(Word::new));

/// The decoder of IDMEFv2.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idmef;

impl Decoder for Idmef {
    fn format(&self) -> &'static str {
        "idmef"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "IDMEFv2 alerts, cyber and physical, as JSON"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = IDMEF.read(record.text()?)?;
        if json[VERSION].text().is_none() || json[ANALYZER].text().or(json[ID].text()).is_none() {
            return Err(Refusal::malformed("no `Version` and `Analyzer` of IDMEFv2"));
        }
        let class = class_of(&json);
        let mut row = out.begin(class);
        let category = json[CATEGORY].text().unwrap_or("-");
        row.text(field::NATIVE_CODE, &format!("idmef:{}/{category}", json[TYPE].text().unwrap_or("-")));
        let sent = json[START].text().or(json[CREATE].text());
        set_time(&mut row, sent.and_then(|text| record.clock.sent(text)), TimeQuality::Device);
        if let Some(id) = json[ID].text() {
            row.native_id(id);
        }
        if let Some(analyzer) = json[ANALYZER_HOST].text().or(json[ANALYZER].text()) {
            row.source(analyzer);
        }
        if let Some(severity) = json[PRIORITY].text().and_then(words::severity) {
            row.int(field::NATIVE_SEVERITY, severity);
        }
        write(&mut row, class, &json);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn class_of(json: &Alert<'_>) -> ClassId {
    let category = json[CATEGORY].text().unwrap_or_default();
    let kind = json[TYPE].text().unwrap_or_default();
    match (kind, category) {
        ("Availability", "Availability.Failure") => class::HEALTH_FAULT,
        ("Availability", _) => class::HEALTH_OFFLINE,
        ("Physical", "Access.Forced") => class::DOOR_FORCED,
        ("Physical", category) if category.starts_with("Fire") || category.ends_with("Fire") => {
            class::FIRE_ALARM
        }
        ("Physical", _) => class::INTRUSION_ALARM,
        ("Cyber" | "Combined", category) if category.starts_with("Recon.Scan") => class::NET_SCAN,
        ("Cyber", category) if category.starts_with("Malicious") && json[TARGET_HOST].is_some() => {
            class::MALWARE_FOUND
        }
        ("Cyber" | "Combined", _) => class::IDS_ALERT,
        _ => class::UNCLASSIFIED,
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Alert<'_>) {
    let description = json[DESCRIPTION].text();
    row.maybe(field::MESSAGE, description);
    row.maybe(field::SRC_IP, json[SOURCE_IP].text()).maybe(field::SRC_HOST, json[SOURCE_HOST].text());
    json[SOURCE_PORT].write(row, field::SRC_PORT);
    json[TARGET_PORT].write(row, field::DST_PORT);
    row.maybe(field::DST_IP, json[TARGET_IP].text()).maybe(field::DST_HOST, json[TARGET_HOST].text());
    if let Some(user) = json[TARGET_USER].text().or(json[SOURCE_USER].text()) {
        ingest::fold::set(row, field::USER, user);
    }
    row.maybe(field::SERVICE, json[TARGET_SERVICE].text());
    let sensor = json[SENSOR].text().or(json[SENSOR_HOST].text());
    match class {
        class::IDS_ALERT | class::MALWARE_FOUND => {
            row.text(field::SIG_NAME, description.unwrap_or("-"))
                .maybe(field::SIG_CATEGORY, json[CATEGORY].text());
            row.maybe(field::HOST, json[TARGET_HOST].text().or(json[TARGET_IP].text()));
        }
        class::DOOR_FORCED => {
            row.maybe(field::DOOR, json[SENSOR_PLACE].text().or(sensor)).maybe(field::SENSOR, sensor);
        }
        class::INTRUSION_ALARM | class::FIRE_ALARM => {
            row.maybe(field::SENSOR, sensor);
        }
        class::HEALTH_OFFLINE | class::HEALTH_FAULT => {
            row.maybe(field::DEVICE, json[TARGET_HOST].text().or(json[TARGET_IP].text()).or(sensor));
            row.maybe(field::FAULT_KIND, (class == class::HEALTH_FAULT).then_some("other"));
        }
        _ => {}
    }
}
