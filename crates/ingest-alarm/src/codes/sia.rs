//! The letters of SIA DC-03.

use super::About::{self, *};
use super::{Meaning, Said};
use event::class::Lifecycle::{self, *};
use event::class::{self, ClassId};
use event::field::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Codes that share a meaning, with blanks between.
struct Row {
    codes: &'static str,
    meaning: Meaning,
}

const fn row(codes: &'static str, class: ClassId, lifecycle: Lifecycle, about: About) -> Row {
    Row { codes, meaning: Meaning { class, lifecycle, about, action: None, says: &[] } }
}

impl Row {
    const fn says(self, says: &'static [Said]) -> Row {
        Row { meaning: Meaning { says, ..self.meaning }, ..self }
    }
}

static BY_CODE: LazyLock<BTreeMap<&'static str, Meaning>> = LazyLock::new(|| {
    let codes_of = |row: &'static Row| row.codes.split(' ').map(move |code| (code, row.meaning));
    ROWS.iter().flat_map(codes_of).collect()
});

/// What a code means; `None` if it is not known here.
pub(crate) fn meaning(code: &str) -> Option<Meaning> {
    BY_CODE.get(code).copied()
}

/// A hold-up with a user beside it is that user's duress; all else is what its code says.
pub(crate) fn meaning_with_user(code: &str, has_user: bool) -> Option<Meaning> {
    let meaning = meaning(code)?;
    let duress = has_user
        && meaning.class == class::HOLDUP_ALARM
        && matches!(meaning.lifecycle, Lifecycle::New | Lifecycle::Restore);
    Some(if duress { Meaning { class: class::DURESS_ALARM, ..meaning } } else { meaning })
}

/// Every class of the table.
pub(crate) fn classes() -> impl Iterator<Item = ClassId> {
    ROWS.iter().map(|row| row.meaning.class)
}

static ROWS: &[Row] = &[
    // Doors.
    row("DG", class::ACCESS_GRANTED, New, Door),
    row("DD", class::ACCESS_DENIED, New, Door).says(&[(REASON, "unknown_credential")]),
    row("DP", class::ACCESS_DENIED, New, Door).says(&[(REASON, "wrong_time")]),
    row("DQ", class::ACCESS_DENIED, New, Door).says(&[(REASON, "armed")]),
    row("DV", class::ACCESS_DENIED, New, Door).says(&[(REASON, "no_permission")]),
    row("DW", class::ACCESS_DENIED, New, Door).says(&[(REASON, "interlock")]),
    row("DI", class::ACCESS_DENIED, New, Door).says(&[(REASON, "antipassback")]),
    row("DK", class::ACCESS_DENIED, New, Door).says(&[(REASON, "lockout")]),
    row("DE", class::ACCESS_REQUESTED, New, Door),
    row("DA JY", class::CREDENTIAL_ISSUED, New, Credential),
    row("JV JZ", class::CREDENTIAL_CHANGED, New, Credential),
    row("DB JX", class::CREDENTIAL_REVOKED, New, Credential),
    row("DF", class::DOOR_FORCED, New, Door),
    row("DR", class::DOOR_FORCED, Restore, Door),
    row("DJ", class::DOOR_FORCED, Trouble, Door),
    row("DL DN", class::DOOR_HELD, New, Door),
    row("DH", class::DOOR_HELD, Restore, Door),
    row("DM", class::DOOR_HELD, Trouble, Door),
    row("DO", class::DOOR_UNLOCKED, New, Door),
    row("DY DC DZ", class::DOOR_LOCKED, New, Door),
    row("DX", class::DOOR_EXIT_REQUESTED, New, Door).says(&[(CAUSE, "exit_request")]),
    row("DT", class::DOOR_FAULT, New, Door).says(&[(FAULT_KIND, "other")]),
    // Intrusion.
    row("BA", class::INTRUSION_ALARM, New, Sensor).says(&[(INTRUSION_KIND, "burglary")]),
    row("UA", class::INTRUSION_ALARM, New, Sensor).says(&[(INTRUSION_KIND, "around_the_clock")]),
    row("BR BH UH UR", class::INTRUSION_ALARM, Restore, Sensor),
    row("BT UT BD UY", class::INTRUSION_ALARM, Trouble, Sensor),
    row("BJ UJ BE", class::INTRUSION_ALARM, TroubleRestore, Sensor),
    row("BB UB", class::INTRUSION_ALARM, Bypass, Sensor),
    row("BU UU", class::INTRUSION_ALARM, Unbypass, Sensor),
    row("BC OC", class::INTRUSION_ALARM, Cancel, User),
    row("BX", class::INTRUSION_ALARM, Test, Sensor),
    row("BV", class::INTRUSION_CONFIRMED, New, Area),
    row("BM", class::INTRUSION_CONFIRMED, New, Sensor),
    row("EE", class::INTRUSION_EXIT_ERROR, New, User),
    row("EA", class::INTRUSION_EXIT_ERROR, New, Sensor),
    row("CR", class::INTRUSION_RECENT_CLOSE, New, User),
    // Arming.
    row("CL", class::PANEL_ARMED, New, User).says(&[(ARM_METHOD, "user")]),
    row("CA", class::PANEL_ARMED, New, Area).says(&[(ARM_METHOD, "automatic")]),
    row("CP", class::PANEL_ARMED, New, User).says(&[(ARM_METHOD, "automatic")]),
    row("CF", class::PANEL_ARMED, New, User).says(&[(ARM_METHOD, "forced")]),
    row("CW", class::PANEL_ARMED, New, Area).says(&[(ARM_METHOD, "forced")]),
    row("CG", class::PANEL_ARMED, New, Area).says(&[(ARM_LEVEL, "partial")]),
    row("CJ", class::PANEL_ARMED, New, User).says(&[(SCHEDULE_DEVIATION, "late")]),
    row("CK", class::PANEL_ARMED, New, User).says(&[(SCHEDULE_DEVIATION, "early")]),
    row("CQ", class::PANEL_ARMED, New, User).says(&[(ARM_METHOD, "remote")]),
    row("CS", class::PANEL_ARMED, New, Nothing).says(&[(ARM_METHOD, "keyswitch")]),
    row("NL", class::PANEL_ARMED, New, Area).says(&[(ARM_LEVEL, "perimeter")]),
    row("NF", class::PANEL_ARMED, New, Area).says(&[(ARM_LEVEL, "perimeter"), (ARM_METHOD, "forced")]),
    row("OP OR", class::PANEL_DISARMED, New, User).says(&[(ARM_METHOD, "user")]),
    row("OA", class::PANEL_DISARMED, New, Area).says(&[(ARM_METHOD, "automatic")]),
    row("OG", class::PANEL_DISARMED, New, Area).says(&[(ARM_LEVEL, "partial")]),
    row("OJ OL", class::PANEL_DISARMED, New, User).says(&[(SCHEDULE_DEVIATION, "late")]),
    row("OK OH", class::PANEL_DISARMED, New, User).says(&[(SCHEDULE_DEVIATION, "early")]),
    row("OQ", class::PANEL_DISARMED, New, User).says(&[(ARM_METHOD, "remote")]),
    row("OS", class::PANEL_DISARMED, New, Nothing).says(&[(ARM_METHOD, "keyswitch")]),
    row("CI CD", class::PANEL_ARM_OVERDUE, New, Area),
    row("OT", class::PANEL_ARM_OVERDUE, New, User),
    row("OI CT", class::PANEL_DISARM_OVERDUE, New, Area),
    row("JA", class::PANEL_WRONG_CODE, New, Area),
    // At the panel.
    row("LB", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "begin"), (INTERFACE, "panel")]),
    row("LX", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "end"), (INTERFACE, "panel")]),
    row("LS", class::PANEL_PROGRAMMING, New, Nothing).says(&[
        (ACTION, "end"),
        (OUTCOME, "success"),
        (INTERFACE, "panel"),
    ]),
    row("LU", class::PANEL_PROGRAMMING, New, Nothing).says(&[
        (ACTION, "end"),
        (OUTCOME, "failure"),
        (INTERFACE, "panel"),
    ]),
    row("LD", class::PANEL_PROGRAMMING, New, Nothing).says(&[
        (ACTION, "begin"),
        (OUTCOME, "blocked"),
        (INTERFACE, "panel"),
    ]),
    row("RB", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "begin")]),
    row("RS", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "end"), (OUTCOME, "success")]),
    row("RU", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "end"), (OUTCOME, "failure")]),
    row("RD", class::PANEL_PROGRAMMING, New, Nothing).says(&[(ACTION, "begin"), (OUTCOME, "blocked")]),
    row("RN", class::PANEL_RESET, New, Nothing),
    row("RC", class::OUTPUT_ACTIVATED, New, Part("output")),
    row("RO", class::OUTPUT_DEACTIVATED, New, Part("output")),
    // Life.
    row("PA", class::PANIC_ALARM, New, Sensor),
    row("PR PH", class::PANIC_ALARM, Restore, Sensor),
    row("PT", class::PANIC_ALARM, Trouble, Sensor),
    row("PJ", class::PANIC_ALARM, TroubleRestore, Sensor),
    row("PB", class::PANIC_ALARM, Bypass, Sensor),
    row("PU", class::PANIC_ALARM, Unbypass, Sensor),
    row("HA", class::HOLDUP_ALARM, New, Sensor),
    row("HR HH", class::HOLDUP_ALARM, Restore, Sensor),
    row("HT", class::HOLDUP_ALARM, Trouble, Sensor),
    row("HJ", class::HOLDUP_ALARM, TroubleRestore, Sensor),
    row("HB", class::HOLDUP_ALARM, Bypass, Sensor),
    row("HU", class::HOLDUP_ALARM, Unbypass, Sensor),
    row("MA", class::MEDICAL_ALARM, New, Sensor),
    row("QA", class::MEDICAL_ALARM, New, Sensor).says(&[(MEDICAL_KIND, "emergency")]),
    row("MR MH QR QH", class::MEDICAL_ALARM, Restore, Sensor),
    row("MT QT", class::MEDICAL_ALARM, Trouble, Sensor),
    row("MJ QJ", class::MEDICAL_ALARM, TroubleRestore, Sensor),
    row("MB QB", class::MEDICAL_ALARM, Bypass, Sensor),
    row("MU QU", class::MEDICAL_ALARM, Unbypass, Sensor),
    row("NA", class::PERSON_NO_ACTIVITY, New, Sensor),
    row("NS", class::PERSON_NO_ACTIVITY, Restore, Sensor),
    // Fire and hazard.
    row("FA FM", class::FIRE_ALARM, New, Sensor).says(&[(FIRE_KIND, "general")]),
    row("KA", class::FIRE_ALARM, New, Sensor).says(&[(FIRE_KIND, "heat")]),
    row("SA", class::FIRE_ALARM, New, Sensor).says(&[(FIRE_KIND, "waterflow")]),
    row("FR FH KR KH SR SH", class::FIRE_ALARM, Restore, Sensor),
    row("FT KT ST FY", class::FIRE_ALARM, Trouble, Sensor),
    row("FJ KJ SJ", class::FIRE_ALARM, TroubleRestore, Sensor),
    row("FB KB SB", class::FIRE_ALARM, Bypass, Sensor),
    row("FU KU SU", class::FIRE_ALARM, Unbypass, Sensor),
    row("FC", class::FIRE_ALARM, Cancel, Sensor),
    row("FX", class::FIRE_ALARM, Test, Sensor),
    row("FS SS KS", class::FIRE_SUPERVISORY, New, Sensor),
    row("GA", class::GAS_ALARM, New, Sensor),
    row("GR GH", class::GAS_ALARM, Restore, Sensor),
    row("GT", class::GAS_ALARM, Trouble, Sensor),
    row("GJ", class::GAS_ALARM, TroubleRestore, Sensor),
    row("GB", class::GAS_ALARM, Bypass, Sensor),
    row("GU", class::GAS_ALARM, Unbypass, Sensor),
    row("GX", class::GAS_ALARM, Test, Sensor),
    row("WA", class::WATER_LEAK, New, Sensor),
    row("WR WH", class::WATER_LEAK, Restore, Sensor),
    row("WT", class::WATER_LEAK, Trouble, Sensor),
    row("WJ", class::WATER_LEAK, TroubleRestore, Sensor),
    row("WB", class::WATER_LEAK, Bypass, Sensor),
    row("WU", class::WATER_LEAK, Unbypass, Sensor),
    row("ZA", class::ENVIRONMENT_LIMIT_EXCEEDED, New, Sensor).says(FREEZE),
    row("ZR ZH", class::ENVIRONMENT_LIMIT_EXCEEDED, Restore, Sensor).says(FREEZE),
    row("ZT", class::ENVIRONMENT_LIMIT_EXCEEDED, Trouble, Sensor).says(FREEZE),
    row("ZJ", class::ENVIRONMENT_LIMIT_EXCEEDED, TroubleRestore, Sensor).says(FREEZE),
    row("ZB", class::ENVIRONMENT_LIMIT_EXCEEDED, Bypass, Sensor).says(FREEZE),
    row("ZU", class::ENVIRONMENT_LIMIT_EXCEEDED, Unbypass, Sensor).says(FREEZE),
    // Health of the panel.
    row("RP RX TX", class::HEALTH_HEARTBEAT, New, Nothing),
    row("VZ", class::HEALTH_OFFLINE, New, Part("printer")),
    row("VY", class::HEALTH_ONLINE, New, Part("printer")),
    row("JT JD", class::HEALTH_CLOCK_SKEW, New, User).says(&[(CLOCK_KIND, "set")]),
    row("TA", class::HEALTH_TAMPER, New, Sensor),
    row("TR TH", class::HEALTH_TAMPER, Restore, Sensor),
    row("TT", class::HEALTH_TAMPER, Trouble, Sensor),
    row("TJ", class::HEALTH_TAMPER, TroubleRestore, Sensor),
    row("TB", class::HEALTH_TAMPER, Bypass, Sensor),
    row("TU", class::HEALTH_TAMPER, Unbypass, Sensor),
    row("XS", class::HEALTH_TAMPER, New, Part("receiver")),
    row("XJ", class::HEALTH_TAMPER, Restore, Part("receiver")),
    row("YC YS", class::HEALTH_PATH_LOST, New, Path("communication")),
    row("YK", class::HEALTH_PATH_LOST, Restore, Path("communication")),
    row("LT", class::HEALTH_PATH_LOST, New, Path("phone line")),
    row("LR", class::HEALTH_PATH_LOST, Restore, Path("phone line")),
    row("NT", class::HEALTH_PATH_LOST, New, Path("network")),
    row("NR", class::HEALTH_PATH_LOST, Restore, Path("network")),
    row("XQ", class::HEALTH_JAMMING, New, Part("receiver")),
    row("XH", class::HEALTH_JAMMING, Restore, Part("receiver")),
    row("AT", class::HEALTH_POWER_LOST, New, Nothing),
    row("AR", class::HEALTH_POWER_LOST, Restore, Nothing),
    row("YT YM", class::HEALTH_BATTERY_LOW, New, Nothing),
    row("YR", class::HEALTH_BATTERY_LOW, Restore, Nothing),
    row("XT", class::HEALTH_BATTERY_LOW, New, Sensor),
    row("XR", class::HEALTH_BATTERY_LOW, Restore, Sensor),
    row("IA", class::HEALTH_FAULT, New, Sensor).says(OTHER),
    row("IR", class::HEALTH_FAULT, Restore, Sensor).says(OTHER),
    row("ET", class::HEALTH_FAULT, New, Part("module")).says(&[(FAULT_KIND, "module")]),
    row("ER", class::HEALTH_FAULT, Restore, Part("module")).says(&[(FAULT_KIND, "module")]),
    row("YA", class::HEALTH_FAULT, New, Nothing).says(&[(FAULT_KIND, "sounder")]),
    row("YH", class::HEALTH_FAULT, Restore, Nothing).says(&[(FAULT_KIND, "sounder")]),
    row("YF", class::HEALTH_FAULT, New, Nothing).says(&[(FAULT_KIND, "memory")]),
    row("YP", class::HEALTH_FAULT, New, Nothing).says(&[(FAULT_KIND, "supply")]),
    row("YQ", class::HEALTH_FAULT, Restore, Nothing).says(&[(FAULT_KIND, "supply")]),
    row("YI", class::HEALTH_FAULT, New, Nothing).says(&[(FAULT_KIND, "overcurrent")]),
    row("YJ", class::HEALTH_FAULT, Restore, Nothing).says(&[(FAULT_KIND, "overcurrent")]),
    row("YX", class::HEALTH_FAULT, New, Nothing).says(OTHER),
    row("YZ", class::HEALTH_FAULT, Restore, Nothing).says(OTHER),
    row("YW", class::HEALTH_RESTARTED, New, Nothing),
    row("JL JO", class::HEALTH_STORAGE, New, Nothing),
    row("YG", class::DEVICE_CONFIG_CHANGED, New, Nothing).says(&[(CONFIG_ITEM, "other"), (ACTION, "change")]),
    row("JS JH", class::DEVICE_CONFIG_CHANGED, New, User)
        .says(&[(CONFIG_ITEM, "schedule"), (ACTION, "change")]),
    // Tests.
    row("TS", class::TEST_STARTED, New, Nothing).says(ON_TEST),
    row("FI", class::TEST_STARTED, New, Area).says(ON_TEST),
    row("TE TC", class::TEST_ENDED, New, Nothing).says(ON_TEST),
    row("FK", class::TEST_ENDED, New, Area).says(ON_TEST),
];

const FREEZE: &[Said] = &[(QUANTITY, "temperature")];
const OTHER: &[Said] = &[(FAULT_KIND, "other")];
const ON_TEST: &[Said] = &[(TEST_KIND, "on_test")];
