//! Paradox panels through PAI: one MQTT topic a property, with `True` or `False` as its value.
//!
//! ```text
//! key   paradox/states/zones/Front_Door/open       value   True
//! value zones/Front_Door/open True                         where the topic stands in the record itself
//! ```
//! The label is the identity: PAI has no other. Properties are retained, so each comes as a value that is
//! compared with the last. What another property says better (`ready`, delays, sums of troubles) is no event.
//! An unknown property is `unclassified` with its name.

use crate::sia_dc09::KIND;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter};
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal, changes, values};

#[cfg(test)]
mod tests;

/// What a property means when it is true.
#[derive(Clone, Copy)]
enum Says {
    /// A condition that lasts while it is true.
    Condition(ClassId),
    /// A condition with what else it says.
    Kind(ClassId, field::FieldId, &'static str),
    /// One of two sides.
    Sides(ClassId, ClassId),
    /// Armed at a level; being false says nothing.
    Armed(&'static str),
    /// It happens when it becomes true.
    Happens(ClassId),
    /// The point is taken out of service.
    Bypass,
    /// Nothing of its own.
    Nothing,
}

use Says::{Armed, Bypass, Condition, Happens, Kind, Nothing, Sides};

const ZONES: &[(&str, Says)] = &[
    ("open", Sides(class::SENSOR_OPENED, class::SENSOR_CLOSED)),
    ("alarm", Condition(class::INTRUSION_ALARM)),
    ("presently_in_alarm", Condition(class::INTRUSION_ALARM)),
    ("fire", Condition(class::FIRE_ALARM)),
    ("tamper", Condition(class::HEALTH_TAMPER)),
    ("zone_tamper_trouble", Condition(class::HEALTH_TAMPER)),
    ("bypassed", Bypass),
    ("low_battery", Condition(class::HEALTH_BATTERY_LOW)),
    ("low_battery_trouble", Condition(class::HEALTH_BATTERY_LOW)),
    ("supervision_trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "supervision")),
    ("fire_loop_trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "loop")),
    ("trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "other")),
    ("activated_entry_delay", Nothing),
    ("activated_intellizone_delay", Nothing),
    ("generated_alarm", Nothing),
    ("shut_down", Nothing),
    ("tx_delay", Nothing),
    ("was_in_alarm", Nothing),
    ("bypass_ready", Nothing),
];

const PARTITIONS: &[(&str, Says)] = &[
    ("arm", Sides(class::PANEL_ARMED, class::PANEL_DISARMED)),
    ("arm_away", Armed("away")),
    ("arm_stay", Armed("stay")),
    ("arm_sleep", Armed("night")),
    ("arm_no_entry", Armed("stay")),
    ("arm_force", Armed("partial")),
    ("audible_alarm", Condition(class::INTRUSION_ALARM)),
    ("strobe_alarm", Nothing),
    ("silent_alarm", Kind(class::INTRUSION_ALARM, field::INTRUSION_KIND, "silent")),
    ("fire_alarm", Condition(class::FIRE_ALARM)),
    ("panic_alarm", Condition(class::PANIC_ALARM)),
    ("entry_delay", Happens(class::PANEL_ENTRY_STARTED)),
    ("partition_recently_close", Happens(class::INTRUSION_RECENT_CLOSE)),
    ("lockout", Happens(class::PANEL_WRONG_CODE)),
    ("programming", Happens(class::PANEL_PROGRAMMING)),
    ("trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "other")),
    ("zone_tamper_trouble", Condition(class::HEALTH_TAMPER)),
    ("zone_low_battery_trouble", Condition(class::HEALTH_BATTERY_LOW)),
    ("zone_supervision_trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "supervision")),
    ("zone_fire_loop_trouble", Kind(class::HEALTH_FAULT, field::FAULT_KIND, "loop")),
];

/// Parts of names of properties that only describe how the panel works.
const INNER: &[&str] = &[
    "ready",
    "delay",
    "finished",
    "in_memory",
    "engage",
    "auto_arm",
    "refresh",
    "closed",
    "bypassed",
    "was_in",
    "voice",
    "remote_arming",
    "stay_arming",
    "cancel",
    "intellizone",
    "current_state",
    "target_state",
    "exit_",
];

const TROUBLES: &[(&str, Says)] = &[
    ("ac_trouble", Condition(class::HEALTH_POWER_LOST)),
    ("ac_failure_trouble", Condition(class::HEALTH_POWER_LOST)),
    ("module_ac_trouble", Condition(class::HEALTH_POWER_LOST)),
    ("battery_failure_trouble", Condition(class::HEALTH_BATTERY_LOW)),
    ("module_battery_fail", Condition(class::HEALTH_BATTERY_LOW)),
    ("zone_low_battery_trouble", Nothing),
    ("zone_tamper_trouble", Nothing),
    ("zone_fault_trouble", Nothing),
    ("module_tamper_trouble", Condition(class::HEALTH_TAMPER)),
    ("tlm_trouble", Kind(class::HEALTH_PATH_LOST, field::LINK, "telephone")),
    ("module_tlm_trouble", Kind(class::HEALTH_PATH_LOST, field::LINK, "telephone")),
    ("com_pc_trouble", Kind(class::HEALTH_PATH_LOST, field::LINK, "computer")),
    ("time_lost_trouble", Kind(class::HEALTH_CLOCK_SKEW, field::CLOCK_KIND, "set")),
    ("trouble", Nothing),
    ("system_trouble", Nothing),
    ("module_trouble", Nothing),
    ("dialer_trouble", Nothing),
];

/// The decoder of PAI's properties.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paradox;

/// One property: whose, and which.
struct Property<'a> {
    panel: &'a str,
    kind: &'a str,
    label: &'a str,
    name: &'a str,
}

impl Decoder for Paradox {
    fn format(&self) -> &'static str {
        "paradox"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "Paradox panels through PAI: properties of zones, partitions and the system, by topic and value"
    }

    fn produces(&self) -> Vec<Production> {
        let says = ZONES.iter().chain(PARTITIONS).chain(TROUBLES).map(|(_, says)| *says);
        let mut of_values: Vec<ClassId> = says
            .flat_map(|says| match says {
                Condition(class) | Kind(class, ..) => vec![class],
                Sides(on, off) => vec![on, off],
                _ => Vec::new(),
            })
            .collect();
        of_values.extend([class::PANEL_ARMED, class::HEALTH_FAULT]);
        of_values.sort_unstable();
        of_values.dedup();
        let happen = [
            class::PANEL_ENTRY_STARTED,
            class::INTRUSION_RECENT_CLOSE,
            class::PANEL_WRONG_CODE,
            class::PANEL_PROGRAMMING,
            class::UNCLASSIFIED,
        ];
        values(KIND, &of_values).chain(changes(KIND, &happen)).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(value) else { return false };
        text.len() <= 512 && line(text.trim()).is_some_and(|(path, _)| property(path).is_some())
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?.trim();
        let (path, value) = match (line(text), record.key_text()) {
            (Some(line), _) => line,
            (None, Some(key)) => (key.trim(), text),
            (None, None) => return Err(Refusal::malformed("a value, and no key that says of what")),
        };
        let Some(property) = property(path) else {
            return Err(Refusal::malformed("no property of a zone, a partition or the system"));
        };
        let truth = match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "on" => true,
            "false" | "0" | "off" => false,
            _ => return Ok(Decoded::Control),
        };
        let first = out.len();
        write(&property, truth, out);
        Ok(if out.len() > first { Decoded::Events(KIND) } else { Decoded::Control })
    }
}

/// `zones/Front_Door/open True`.
fn line(text: &str) -> Option<(&str, &str)> {
    let (path, value) = text.split_once(' ')?;
    property(path).is_some().then_some((path, value.trim()))
}

/// The last three parts of a topic.
fn property(path: &str) -> Option<Property<'_>> {
    let mut parts = path.split('/');
    let (name, label, kind) = (parts.next_back()?, parts.next_back()?, parts.next_back()?);
    let known = matches!(kind, "zones" | "zone" | "partitions" | "partition" | "system");
    let panel = parts.next().filter(|panel| !panel.is_empty()).unwrap_or("paradox");
    (known && !name.is_empty() && !label.is_empty()).then_some(Property { panel, kind, label, name })
}

fn write(property: &Property<'_>, truth: bool, out: &mut Batch) {
    let table = match property.kind {
        "zones" | "zone" => ZONES,
        "partitions" | "partition" => PARTITIONS,
        _ => TROUBLES,
    };
    let known = table.iter().find(|(name, _)| *name == property.name).map(|(_, says)| *says);
    let is_inner = || INNER.iter().any(|part| property.name.contains(part));
    let says = match known {
        Some(says) => says,
        None if property.kind == "system" && property.name.contains("trouble")
            || property.name.ends_with("_error") =>
        {
            Kind(class::HEALTH_FAULT, field::FAULT_KIND, "other")
        }
        None if is_inner() => Nothing,
        None => {
            begin(out, class::UNCLASSIFIED, property).finish();
            return;
        }
    };
    let lifecycle = if truth { Lifecycle::New } else { Lifecycle::Restore };
    match says {
        Condition(class) => {
            let mut row = begin(out, class, property);
            row.lifecycle(lifecycle);
            row.finish();
        }
        Kind(class, field, word) => {
            let mut row = begin(out, class, property);
            row.lifecycle(lifecycle).text(field, word);
            row.finish();
        }
        Sides(on, off) => {
            begin(out, if truth { on } else { off }, property).finish();
        }
        Armed(level) if truth => {
            let mut row = begin(out, class::PANEL_ARMED, property);
            row.lifecycle(Lifecycle::Update).text(field::ARM_LEVEL, level);
            row.finish();
        }
        Happens(class) if truth => {
            let mut row = begin(out, class, property);
            if class == class::PANEL_PROGRAMMING {
                row.text(field::ACTION, "begin");
            }
            row.finish();
        }
        Bypass => {
            let mut row = begin(out, class::INTRUSION_ALARM, property);
            row.lifecycle(if truth { Lifecycle::Bypass } else { Lifecycle::Unbypass });
            row.finish();
        }
        Armed(_) | Happens(_) | Nothing => {}
    }
}

fn begin<'b>(out: &'b mut Batch, class: ClassId, property: &Property<'_>) -> RowWriter<'b> {
    let Property { panel, kind, label, name } = property;
    let mut row = out.begin(class);
    row.source(panel).text(field::NATIVE_CODE, &format!("paradox:{kind}/{name}")).text(field::PANEL, panel);
    match *kind {
        "zones" | "zone" => row.text(field::SENSOR, &format!("{panel}/0/{label}")),
        "partitions" | "partition" => row.text(field::PARTITION, &format!("{panel}/{label}")),
        // Of the many troubles of a system each is a part of its own, or the end of one would end another.
        _ => row.text(field::DEVICE, &format!("{panel}/{name}")),
    };
    row
}
