//! DSC: three digits of code, data, and two hex digits of the sum of all that.

use crate::panel::plain;
use event::class::{self, ClassId, Lifecycle};
use event::field;
use event::row::Batch;

/// One command of the panel.
pub(super) struct Command<'a> {
    code: &'a str,
    data: &'a str,
}

/// What the data begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    /// A partition, three digits of zone, or both.
    PartitionAndZone,
    Zone,
    Partition,
    PartitionAndUser,
    Nothing,
}

use Data::{Nothing, Partition, PartitionAndUser, PartitionAndZone, Zone};
use Lifecycle::{New, Restore};

/// Codes, what they are, and what their data says.
const CODES: &[(&str, ClassId, Lifecycle, Data)] = &[
    ("601", class::INTRUSION_ALARM, New, PartitionAndZone),
    ("602", class::INTRUSION_ALARM, Restore, PartitionAndZone),
    ("603", class::HEALTH_TAMPER, New, PartitionAndZone),
    ("604", class::HEALTH_TAMPER, Restore, PartitionAndZone),
    ("605", class::HEALTH_FAULT, New, Zone),
    ("606", class::HEALTH_FAULT, Restore, Zone),
    ("609", class::SENSOR_OPENED, New, Zone),
    ("610", class::SENSOR_CLOSED, New, Zone),
    ("620", class::DURESS_ALARM, New, Nothing),
    ("621", class::FIRE_ALARM, New, Nothing),
    ("622", class::FIRE_ALARM, Restore, Nothing),
    ("623", class::MEDICAL_ALARM, New, Nothing),
    ("624", class::MEDICAL_ALARM, Restore, Nothing),
    ("625", class::PANIC_ALARM, New, Nothing),
    ("626", class::PANIC_ALARM, Restore, Nothing),
    ("631", class::FIRE_ALARM, New, Nothing),
    ("632", class::FIRE_ALARM, Restore, Nothing),
    ("652", class::PANEL_ARMED, New, Partition),
    ("654", class::INTRUSION_ALARM, New, Partition),
    ("655", class::PANEL_DISARMED, New, Partition),
    ("657", class::PANEL_ENTRY_STARTED, New, Partition),
    ("670", class::PANEL_WRONG_CODE, New, Partition),
    ("700", class::PANEL_ARMED, New, PartitionAndUser),
    ("701", class::PANEL_ARMED, New, Partition),
    ("702", class::PANEL_ARMED, New, Partition),
    ("750", class::PANEL_DISARMED, New, PartitionAndUser),
    ("751", class::PANEL_DISARMED, New, Partition),
    ("800", class::HEALTH_BATTERY_LOW, New, Nothing),
    ("801", class::HEALTH_BATTERY_LOW, Restore, Nothing),
    ("802", class::HEALTH_POWER_LOST, New, Nothing),
    ("803", class::HEALTH_POWER_LOST, Restore, Nothing),
    ("829", class::HEALTH_TAMPER, New, Nothing),
    ("830", class::HEALTH_TAMPER, Restore, Nothing),
    ("840", class::HEALTH_FAULT, New, Partition),
    ("841", class::HEALTH_FAULT, Restore, Partition),
];

/// Answers and states of keypads that say nothing happened.
const SILENT: &[&str] = &[
    "500", "501", "502", "505", "510", "511", "550", "615", "650", "651", "653", "656", "659", "673", "849",
    "900",
];

pub(super) fn classes() -> impl Iterator<Item = ClassId> {
    CODES.iter().map(|(_, class, _, _)| *class)
}

/// A command whose sum is right.
pub(super) fn parse(text: &str) -> Option<Command<'_>> {
    let split = text.len().checked_sub(2).filter(|at| *at >= 3 && text.len() <= 128 && text.is_ascii())?;
    let (body, sum) = text.split_at(split);
    let (code, data) = body.split_at(3);
    let computed = body.bytes().fold(0u8, u8::wrapping_add);
    let sent = u8::from_str_radix(sum, 16).ok().filter(|_| sum.bytes().all(|b| b.is_ascii_hexdigit()))?;
    (sent == computed && code.bytes().all(|b| b.is_ascii_digit())).then_some(Command { code, data })
}

/// Writes the event of a command; none for an answer.
pub(super) fn write(command: &Command<'_>, panel: &str, out: &mut Batch) {
    if SILENT.contains(&command.code) {
        return;
    }
    let known = CODES.iter().find(|(code, ..)| *code == command.code);
    let (class, lifecycle, data) = known
        .map_or((class::UNCLASSIFIED, New, Nothing), |(_, class, lifecycle, data)| {
            (*class, *lifecycle, *data)
        });
    let (partition, rest) = match data {
        PartitionAndZone | Partition | PartitionAndUser => {
            command.data.split_at_checked(1).unwrap_or((command.data, ""))
        }
        Zone => ("", command.data),
        Nothing => ("", ""),
    };
    let mut row = out.begin(class);
    row.source(panel).lifecycle(lifecycle).text(field::NATIVE_CODE, &format!("dsc:{}", command.code));
    row.text(field::PANEL, panel);
    if !partition.is_empty() {
        row.text(field::PARTITION, &format!("{panel}/{partition}"));
    }
    match data {
        PartitionAndZone | Zone => {
            row.text(field::SENSOR, &format!("{panel}/0/{}", plain(rest)));
        }
        PartitionAndUser => {
            row.text(field::USER, plain(rest));
        }
        Partition | Nothing => {}
    }
    if class == class::PANEL_ARMED && command.code == "652" {
        let level = match rest {
            "0" | "2" => "away",
            "1" | "3" => "stay",
            _ => "unknown",
        };
        row.text(field::ARM_LEVEL, level);
    }
    let says = match (class, command.code) {
        (class::HEALTH_FAULT, "605" | "606") => Some((field::FAULT_KIND, "supervision")),
        (class::HEALTH_FAULT, _) => Some((field::FAULT_KIND, "other")),
        (class::FIRE_ALARM, "631" | "632") => Some((field::FIRE_KIND, "smoke")),
        _ => None,
    };
    if let Some((field, word)) = says {
        row.text(field, word);
    }
    row.finish();
}
