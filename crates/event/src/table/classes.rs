//! The class table: one row for the classes that share everything but their name, in the order of the
//! reference page.
//!
//! A row says: constants and names; domain, form, default lateness in seconds and marks; fields; of each
//! bracket of `required` one must be set (a bracket of one: that one); senders; codes of other catalogues.
//! The two classes of a `Side` row are each other's end. Group members are expanded when this file is
//! compiled.

use crate::class::{ClassDef, ClassId, Codes, Domain, Form};
use crate::field::{self, *};

/// Field groups: fields that the classes of one subject share.
mod group {
    use crate::field::*;

    pub(super) const DOOR: &[FieldId] =
        &[crate::field::DOOR, READER, CONTROLLER, FROM_ZONE, TO_ZONE, DIRECTION];
    pub(super) const WHO: &[FieldId] = &[PERSON, CREDENTIAL, ACCOUNT, USER];
    pub(super) const POINT: &[FieldId] = &[PANEL, PARTITION, SENSOR, ZONE, TECHNOLOGY, DERIVATION, CAUSE];
    pub(super) const MEASURE: &[FieldId] = &[
        QUANTITY,
        LIMIT,
        TEMPERATURE,
        HUMIDITY,
        CONCENTRATION,
        LEL,
        FILL,
        PRESSURE,
        FLOW,
        AIRFLOW,
        WIND,
        RAIN,
        LIGHTNING,
        DENSITY,
        VOLTAGE,
        LOUDNESS,
    ];
    pub(super) const CAM: &[FieldId] =
        &[CAMERA, ZONE, FROM_ZONE, TO_ZONE, REGION, OBJECT_KIND, OBJECT_ID, COUNT, DURATION];
    pub(super) const DEV: &[FieldId] = &[DEVICE, CAMERA, READER, CONTROLLER, PANEL, SENSOR, HOST, ZONE];
    pub(super) const NET: &[FieldId] = &[
        SRC_IP,
        SRC_PORT,
        SRC_MAC,
        SRC_HOST,
        SRC_COUNTRY,
        DST_IP,
        DST_PORT,
        DST_MAC,
        DST_HOST,
        PROTO,
        APP,
        USER,
        ACCOUNT,
        OUTCOME,
        COMMUNITY_ID,
        FLOW_ID,
        HOST,
    ];
    pub(super) const AUTH: &[FieldId] = &[
        USER,
        USER_DOMAIN,
        ACCOUNT,
        PERSON,
        SRC_IP,
        SRC_HOST,
        SRC_COUNTRY,
        SRC_GEO,
        HOST,
        APP,
        AUTH_METHOD,
        LOGON_TYPE,
        SESSION,
    ];
    pub(super) const PROC: &[FieldId] = &[
        HOST,
        USER,
        ACCOUNT,
        PROCESS_NAME,
        PROCESS_PATH,
        PROCESS_COMMAND,
        PROCESS_ID,
        PROCESS_HASH,
        PARENT_NAME,
        PARENT_PATH,
        PARENT_COMMAND,
    ];
    pub(super) const INC: &[FieldId] = &[
        INCIDENT,
        INCIDENT_TYPE,
        RULE,
        SEVERITY,
        SCORE,
        ZONE,
        AREA,
        DEVICE,
        OPERATOR,
        RESTRICTED,
        LIFE_SAFETY,
    ];
    pub(super) const TOUR: &[FieldId] = &[crate::field::TOUR, GUARD, PERSON, LEG, ZONE];
}

/// Classes that share everything but their name.
struct Row {
    names: &'static [&'static str],
    def: ClassDef,
}

const fn joined_len(parts: &[&[FieldId]]) -> usize {
    let mut len = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            if is_first(parts, part, at) {
                len += 1;
            }
            at += 1;
        }
        part += 1;
    }
    len
}

/// All fields of the parts in order, each once.
const fn joined<const LEN: usize>(parts: &[&[FieldId]]) -> [FieldId; LEN] {
    let mut all = [FieldId(0); LEN];
    let mut len = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            if is_first(parts, part, at) {
                all[len] = parts[part][at];
                len += 1;
            }
            at += 1;
        }
        part += 1;
    }
    all
}

/// True if the field at that place stands in no place before it.
const fn is_first(parts: &[&[FieldId]], part: usize, at: usize) -> bool {
    let mut before = 0;
    while before <= part {
        let end = if before == part { at } else { parts[before].len() };
        let mut place = 0;
        while place < end {
            if parts[before][place].0 == parts[part][at].0 {
                return false;
            }
            place += 1;
        }
        before += 1;
    }
    true
}

/// One definition a class, out of the rows.
const fn expanded(rows: &[Row]) -> [ClassDef; LEN] {
    let mut all = [ClassDef::EMPTY; LEN];
    let mut len = 0;
    let mut row = 0;
    while row < rows.len() {
        let names = rows[row].names;
        let mut at = 0;
        while at < names.len() {
            let other_side = match rows[row].def.form {
                // Place 0 ends with place 1 and the other way round.
                Form::Side => Some(ClassId((len + 1 - 2 * at) as u32)),
                _ => None,
            };
            all[len] = rows[row].def.named(names[at], other_side);
            len += 1;
            at += 1;
        }
        row += 1;
    }
    all
}

macro_rules! text_or_empty {
    () => {
        ""
    };
    ($text:literal) => {
        $text
    };
}

macro_rules! lateness {
    (unset) => {
        None
    };
    ($seconds:literal) => {
        Some($seconds)
    };
}

macro_rules! classes {
    ($(
        [$( $NAME:ident $name:literal ),+]
            $domain:ident $form:ident $lateness:tt $($mark:ident)*;
            fields: $($part:expr),+;
            $( required: $( [ $($one_of:ident),+ ] ),+; )?
            $( senders: $senders:literal; )?
            $( dc03: $dc03:literal; )?
            $( contact_id: $contact_id:literal; )?
            $( onvif: $onvif:literal; )?
            $( ocsf: $ocsf:literal; )?
            $( ecs: $ecs:literal; )?
    )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only the places of the rows")]
        enum Place { $( $( $NAME, )+ )* End }

        /// One constant for each class.
        pub mod constants {
            use super::Place;
            use crate::class::ClassId;
            $( $( #[doc = $name] pub const $NAME: ClassId = ClassId(Place::$NAME as u32); )+ )*
        }

        const LEN: usize = Place::End as usize;

        const ROWS: &[Row] = &[ $( Row {
            names: &[$($name),+],
            def: ClassDef {
                domain: Domain::$domain,
                form: Form::$form,
                fields: {
                    const PARTS: &[&[FieldId]] = &[$($part),+];
                    const ALL: [FieldId; joined_len(PARTS)] = joined(PARTS);
                    &ALL
                },
                required: &[ $( $( &[ $( field::$one_of ),+ ] ),+ )? ],
                lateness_s: lateness!($lateness),
                senders: text_or_empty!($($senders)?),
                codes: Codes {
                    dc03: text_or_empty!($($dc03)?),
                    contact_id: text_or_empty!($($contact_id)?),
                    onvif: text_or_empty!($($onvif)?),
                    ocsf: text_or_empty!($($ocsf)?),
                    ecs: text_or_empty!($($ecs)?),
                },
                ..ClassDef::EMPTY $( .$mark() )*
            },
        }, )* ];

        /// The rows, one a class.
        pub(crate) static CLASSES: [ClassDef; LEN] = expanded(ROWS);
    };
}

classes! {
    // Doors and access.

    [ACCESS_GRANTED "access.granted"]
        Badge Once 60;
        fields: group::DOOR, group::WHO, &[ACCESS_METHOD, ESCORT];
        required: [DOOR, READER, TO_ZONE], [CREDENTIAL, PERSON, USER];
        senders: "doors, onvif ●, uhppote ●, hikvision-acs ●, unifi-access ●";
        dc03: "DG";
        contact_id: "422 435 462, 425 (direction out)";
        onvif: "AccessControl/AccessGranted/*";
        ocsf: "P1/1";
        ecs: "authentication/start";

    [ACCESS_TAKEN "access.taken", ACCESS_NOT_TAKEN "access.not_taken"]
        Badge Once 60;
        fields: group::DOOR, group::WHO, &[COUNT];
        required: [DOOR, READER, TO_ZONE];
        senders: "onvif, mapped";
        onvif: "AccessControl/AccessTaken/*, AccessNotTaken/*";
        ocsf: "P1/3, /4";
        ecs: "session/start";

    [ACCESS_DENIED "access.denied"]
        Badge Once 60;
        fields: group::DOOR, group::WHO, &[REASON, ACCESS_METHOD];
        required: [DOOR, READER], [REASON];
        senders: "doors, uhppote ●, panels";
        dc03: "DD DP DQ DV DW DI, DK (lockout)";
        contact_id: "421, 424 (out), 921";
        onvif: "AccessControl/Denied/*";
        ocsf: "P1/2";
        ecs: "authentication/start";

    [ACCESS_REQUESTED "access.requested"]
        Badge Once 60;
        fields: group::DOOR, group::WHO, &[ACCESS_METHOD];
        required: [DOOR, READER];
        senders: "onvif, panels, unifi-protect ● (card or finger read, no decision)";
        dc03: "DE";
        onvif: "AccessControl/Request/*";

    [ACCESS_PASSBACK_VIOLATED "access.passback_violated"]
        Badge Span 60;
        fields: group::DOOR, group::WHO;
        required: [DOOR];
        senders: "onvif, mapped (only where it is not a denial: that is access.denied, reason antipassback)";
        onvif: "Credential/State/ApbViolation";
        ocsf: "P1/9";

    [ACCESS_RIGHTS_CHANGED "access.rights_changed"]
        Badge Once 60;
        fields: &[ACTION, OPERATOR, ACCOUNT, TARGET_PERSON, TARGET_CREDENTIAL, DOOR, ZONE, AREA, UNTIL,
            TICKET];
        required: [ACTION];
        senders: "mapped, onvif, gallagher";
        contact_id: "632";
        onvif: "Configuration/AccessProfile/Changed";
        ocsf: "3005";
        ecs: "iam/change";

    [CREDENTIAL_ISSUED "credential.issued", CREDENTIAL_CHANGED "credential.changed",
     CREDENTIAL_REVOKED "credential.revoked"]
        Badge Once 60;
        fields: &[CREDENTIAL, PERSON, OPERATOR, ACTION, REASON, MODE, UNTIL, TICKET];
        required: [CREDENTIAL];
        senders: "mapped, panels, onvif";
        dc03: "DA JY; JV JZ; DB JX";
        onvif: "Configuration/Credential/Changed";
        ocsf: "3004";
        ecs: "iam/creation, change, deletion";

    [DOOR_OPENED "door.opened", DOOR_CLOSED "door.closed"]
        Badge Side 60;
        fields: group::DOOR, &[CAUSE];
        required: [DOOR];
        senders: "unifi-access ●, doors, onvif";
        onvif: "Door/State/DoorPhysicalState";

    [DOOR_FORCED "door.forced"]
        Badge Point 60;
        fields: group::DOOR, &[PANEL, SENSOR];
        required: [DOOR];
        senders: "doors, panels, onvif, idmef ●";
        dc03: "DF, DR restore, DJ trouble";
        contact_id: "423; 433 434 576 577 bypass";
        onvif: "Door/State/DoorAlarm=DoorForcedOpen";
        ocsf: "P1/5";

    [DOOR_HELD "door.held"]
        Badge Point 60;
        fields: group::DOOR, &[PANEL, SENSOR, DURATION];
        required: [DOOR];
        senders: "doors, panels, onvif, idmef ●";
        dc03: "DL DN, DH restore, DM trouble";
        contact_id: "426";
        onvif: "Door/State/DoorAlarm=DoorOpenTooLong";
        ocsf: "P1/6";

    [DOOR_UNLOCKED "door.unlocked", DOOR_LOCKED "door.locked"]
        Badge Side 60;
        fields: group::DOOR, &[CAUSE, OPERATOR, ACCOUNT];
        required: [DOOR];
        senders: "doors, hikvision-acs, onvif";
        dc03: "DO; DY DC DZ";
        onvif: "Door/State/LockPhysicalState";

    [DOOR_COMMANDED "door.commanded"]
        Badge Once 60;
        fields: &[DOOR, ACTION, INTERFACE, OPERATOR, ACCOUNT, SRC_IP, HOST, SESSION, OUTCOME];
        required: [DOOR], [ACTION];
        senders: "unifi-access ●, mapped, gallagher, ocsf";
        ocsf: "6003, P1/11";
        ecs: "configuration/change";

    [DOOR_MODE_CHANGED "door.mode_changed"]
        Badge Once 60;
        fields: &[DOOR, DOOR_MODE, DOOR_OLD_MODE, CAUSE, OPERATOR, ACCOUNT, UNTIL, TICKET];
        required: [DOOR], [DOOR_MODE];
        senders: "mapped, onvif, gallagher";
        onvif: "Door/State/DoorMode";
        ocsf: "5019";
        ecs: "configuration/change";

    [DOOR_EXIT_REQUESTED "door.exit_requested"]
        Badge Once 60;
        fields: group::DOOR, &[CAUSE];
        required: [DOOR];
        senders: "doors, panels";
        dc03: "DX";
        onvif: "vendor (IdPoint/Request/REX)";
        ocsf: "P1/7";

    [DOOR_FAULT "door.fault"]
        Health Span 60;
        fields: group::DOOR, &[FAULT_KIND, DEVICE];
        required: [DOOR];
        senders: "onvif, panels";
        dc03: "DT";
        contact_id: "427 428 432";
        onvif: "Door/State/DoorFault";

    [INTERCOM_CALLED "intercom.called"]
        Badge Once 60;
        fields: &[DOOR, READER, CAMERA, OUTCOME, PERSON];
        senders: "unifi-access ●, unifi-protect ●, dahua, hikvision-acs";

    [ZONE_OCCUPANCY_COUNTED "zone.occupancy_counted"]
        Badge Once 60;
        fields: &[ZONE, AREA, OCCUPANCY, LIMIT];
        required: [ZONE, AREA], [OCCUPANCY];
        senders: "mapped, gallagher, cameras";

    [SCREENING_PASSED "screening.passed", SCREENING_FAILED "screening.failed"]
        Badge Once 60;
        fields: &[ZONE, PERSON, CREDENTIAL, VISIT, REASON, OBJECT_KIND];
        required: [ZONE];
        senders: "ops";

    [ASSET_MOVED "asset.moved"]
        Badge Once 60;
        fields: &[ASSET, FROM_ZONE, TO_ZONE, READER, PERSON];
        required: [ASSET];
        senders: "mapped (asset tags)";

    // Intrusion and panels.

    [INTRUSION_ALARM "intrusion.alarm"]
        Alarm Point 60;
        fields: group::POINT, &[INTRUSION_KIND, ARMED];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, envisalink ●, sia-dc09 ● (BH), physec ●, mapped";
        dc03: "BA UA, BR BH UH restore, BT UT trouble, BJ UJ, BD trouble, BB UB bypass, BU UU, BC OC \
            cancel, BX test";
        contact_id: "130-136 138 140 146 150 155; 156 377 378 380 387 388 trouble; 406 cancel; 570 572-575 \
            578 579 bypass; 613 test";
        ocsf: "P2/1, P2/2";

    [INTRUSION_CONFIRMED "intrusion.confirmed"]
        Alarm Span 60;
        fields: group::POINT;
        required: [PANEL, SENSOR, ZONE];
        senders: "panels";
        dc03: "BV, BM";
        contact_id: "139";
        ocsf: "P3";

    [INTRUSION_EXIT_ERROR "intrusion.exit_error"]
        Alarm Once 60;
        fields: group::POINT, &[USER];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels";
        dc03: "EE EA";
        contact_id: "374 457";

    [INTRUSION_RECENT_CLOSE "intrusion.recent_close"]
        Alarm Once 60;
        fields: group::POINT, &[USER];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, paradox ●";
        dc03: "CR";
        contact_id: "459";

    [SENSOR_MOTION "sensor.motion"]
        Alarm Span 10;
        fields: group::POINT, &[ARMED];
        required: [PANEL, SENSOR, ZONE];
        senders: "unifi-protect ●, axis-mqtt ●, onvif ●, paradox, envisalink, alarmdecoder";
        onvif: "Device/Sensor/PIR";
        ocsf: "P2/1";

    [SENSOR_OPENED "sensor.opened", SENSOR_CLOSED "sensor.closed"]
        Alarm Side 10;
        fields: group::POINT, &[ARMED];
        required: [PANEL, SENSOR, ZONE];
        senders: "unifi-protect ●, paradox ●, envisalink ●, alarmdecoder ●";

    [SENSOR_ACTIVE "sensor.active", SENSOR_INACTIVE "sensor.inactive"]
        Alarm Side 10;
        fields: group::POINT, group::MEASURE;
        required: [PANEL, SENSOR, ZONE];
        senders: "hikvision ● (IO), axis-mqtt, onvif ● (IO/Port), alarmdecoder ●";
        onvif: "Device/Trigger/DigitalInput";

    [PANEL_ARMED "panel.armed", PANEL_DISARMED "panel.disarmed"]
        Alarm Side 60;
        fields: &[PANEL, PARTITION, ARM_LEVEL, ARM_METHOD, USER, ACCOUNT, PERSON, SCHEDULE_DEVIATION];
        required: [PANEL];
        senders: "sia-dc09 ●, contact-id ●, alarmdecoder ●, paradox ●";
        dc03: "armed CL CA CF CG CJ CK CP CQ CS CW NL NF; disarmed OP OA OG OJ OK OQ OR OH OL OS";
        contact_id: "armed 3400-3405 3407-3409 and 441 442 456 463 470 910 911; disarmed 1400-1405 1407-1409";
        ocsf: "armed P2/10; disarmed P2/9";
        ecs: "configuration/change";

    [PANEL_ARM_DUE "panel.arm_due"]
        Operations Once 60;
        fields: &[PANEL, PARTITION, DUE_AT, ARM_LEVEL];
        required: [PANEL], [PARTITION], [DUE_AT];
        senders: "self (site model's schedule), ops";

    [PANEL_ARM_OVERDUE "panel.arm_overdue"]
        Alarm Span 60;
        fields: &[PANEL, PARTITION, USER];
        required: [PANEL];
        senders: "panels";
        dc03: "CI CD OT";
        contact_id: "454 455";

    [PANEL_DISARM_OVERDUE "panel.disarm_overdue"]
        Alarm Span 60;
        fields: &[PANEL, PARTITION, USER];
        required: [PANEL];
        senders: "panels";
        dc03: "OI CT";
        contact_id: "453";

    [PANEL_ENTRY_STARTED "panel.entry_started"]
        Alarm Once 60;
        fields: &[PANEL, PARTITION, SENSOR];
        required: [PANEL];
        senders: "envisalink, alarmdecoder, paradox ●";

    [PANEL_WRONG_CODE "panel.wrong_code"]
        Alarm Once 60;
        fields: &[PANEL, PARTITION, READER, USER, COUNT];
        required: [PANEL];
        senders: "panels, mapped";
        dc03: "JA";
        contact_id: "461";

    [PANEL_PROGRAMMING "panel.programming"]
        Alarm Once 60;
        fields: &[PANEL, ACTION, OUTCOME, USER, INTERFACE];
        required: [PANEL], [ACTION];
        senders: "panels";
        dc03: "LB LD LS LU LX RB RD RS RU";
        contact_id: "306 411-416 429 430 627 628 630 631 900-904";
        ocsf: "5019";

    [PANEL_RESET "panel.reset"]
        Alarm Once 60;
        fields: &[PANEL, USER, SENSOR];
        required: [PANEL];
        senders: "panels, mapped (fire printers)";
        dc03: "RN";
        contact_id: "313 465";

    [PANEL_ACKNOWLEDGED "panel.acknowledged"]
        Alarm Once 60;
        fields: &[PANEL, USER, SENSOR];
        required: [PANEL];
        senders: "panels, mapped (fire printers)";
        contact_id: "912";

    [OUTPUT_ACTIVATED "output.activated", OUTPUT_DEACTIVATED "output.deactivated"]
        Alarm Side 60;
        fields: &[DEVICE, SENSOR, REGION, CAUSE];
        required: [DEVICE];
        senders: "onvif, panels";
        dc03: "RC; RO";
        onvif: "Device/Trigger/Relay";

    // Life, fire, hazard.

    [PANIC_ALARM "panic.alarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, &[PERSON, DOOR, DEVICE];
        required: [PANEL, SENSOR, ZONE];
        senders: "sia-dc09 ●, alarmdecoder ●, panels, mapped, verkada";
        dc03: "PA, PR PH, PT, PJ, PB, PU";
        contact_id: "120 123; 375 trouble; 615 test";
        ocsf: "P2/4";

    [HOLDUP_ALARM "holdup.alarm"]
        Alarm Point 60 life_safety covert;
        fields: group::POINT, &[PERSON, DOOR, DEVICE];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, mapped";
        dc03: "HA, HR HH, HT, HJ, HB, HU";
        contact_id: "122 126 129; 376 trouble; 925 bypass; 914 test";
        ocsf: "P2/3";

    [DURESS_ALARM "duress.alarm"]
        Alarm Span 60 life_safety covert;
        fields: group::POINT, group::DOOR, group::WHO, &[DEVICE];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, onvif, doors";
        dc03: "HA with a user";
        contact_id: "121 124 125";
        onvif: "AccessControl/Duress";
        ocsf: "P1/8";

    [MEDICAL_ALARM "medical.alarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, &[MEDICAL_KIND, PERSON, GEO];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, mapped";
        dc03: "MA QA, MR MH QR QH, MT, MB, MU";
        contact_id: "100 101";
        ocsf: "P7";

    [SYMPTOM_REPORTED "symptom.reported"]
        Operations Once 60 life_safety;
        fields: &[ZONE, COUNT, SUBSTANCE, PERSON];
        required: [ZONE];
        senders: "ops";

    [PERSON_MAN_DOWN "person.man_down"]
        Alarm Span 60 life_safety;
        fields: &[PERSON, GUARD, ZONE, GEO, CAMERA, DEVICE];
        required: [PERSON, GUARD];
        senders: "ops, panels, cameras (fall)";

    [PERSON_NO_ACTIVITY "person.no_activity"]
        Alarm Span 60 life_safety;
        fields: group::POINT, &[PERSON];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels";
        dc03: "NA, NS";
        contact_id: "102 641 654";

    [THREAT_BOMB_REPORTED "threat.bomb_reported", THREAT_VIOLENCE_REPORTED "threat.violence_reported"]
        Operations Once 60 life_safety;
        fields: &[ZONE, AREA, PERSON, TARGET_PERSON, MESSAGE];
        senders: "ops, operator.raise";
        ocsf: "P7";

    [AUDIO_GUNSHOT "audio.gunshot"]
        Video Once 10 life_safety;
        fields: group::CAM, &[SENSOR, GEO, COUNT];
        required: [CAMERA];
        senders: "onvif, mapped, axis-mqtt";
        onvif: "AudioAnalytics/Audio/DetectedSound";

    [VIDEO_WEAPON "video.weapon"]
        Video Span 10 life_safety;
        fields: group::CAM;
        required: [CAMERA];
        senders: "onvif, mapped";

    [FIRE_ALARM "fire.alarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, &[FIRE_KIND, CAMERA];
        required: [PANEL, SENSOR, ZONE];
        senders: "contact-id ●, alarmdecoder ●, panels, mapped, unifi-protect, cameras";
        dc03: "FA KA SA, FR FH KR KH SR SH, FT KT ST trouble, FJ KJ SJ, FB KB SB bypass, FU KU SU, FC \
            cancel, FX test";
        contact_id: "110-117; 373 385 386 trouble; 571 bypass; 604 614 test";
        ocsf: "P2/6";

    [FIRE_PREALARM "fire.prealarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, &[FIRE_KIND];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels";
        contact_id: "118";

    [FIRE_SUPERVISORY "fire.supervisory"]
        Alarm Point 60;
        fields: group::POINT, group::MEASURE;
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, mapped";
        dc03: "FS SS KS";
        contact_id: "200-206";
        ocsf: "P2/7";

    [GAS_ALARM "gas.alarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, group::MEASURE, &[GAS_KIND];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, mapped";
        dc03: "GA, GR GH, GT, GJ, GB, GU, GX";
        contact_id: "151 162";
        ocsf: "P2/6";

    [CHEMICAL_ALARM "chemical.alarm"]
        Alarm Point 60 life_safety;
        fields: group::POINT, group::MEASURE, &[SUBSTANCE];
        required: [PANEL, SENSOR, ZONE];
        senders: "mapped";
        contact_id: "150 (generic)";
        ocsf: "P2/6";

    [EXPLOSIVE_ALARM "explosive.alarm"]
        Alarm Point 60;
        fields: group::POINT, &[PERSON, CREDENTIAL, SUBSTANCE];
        required: [PANEL, SENSOR, ZONE];
        senders: "mapped";

    [WATER_LEAK "water.leak"]
        Alarm Point 60;
        fields: group::POINT, group::MEASURE;
        required: [PANEL, SENSOR, ZONE];
        senders: "sia-dc09 ●, panels, unifi-protect";
        dc03: "WA, WR WH, WT, WB, WU";
        contact_id: "154";
        ocsf: "P2/6";

    [ENVIRONMENT_OBSERVED "environment.observed"]
        Alarm Once 60;
        fields: group::POINT, group::MEASURE, &[DEVICE];
        required: [PANEL, SENSOR, ZONE];
        senders: "panels, mapped, ops";

    [ENVIRONMENT_LIMIT_EXCEEDED "environment.limit_exceeded"]
        Alarm Point 60;
        fields: group::POINT, group::MEASURE;
        required: [PANEL, SENSOR, ZONE], [QUANTITY];
        senders: "panels, mapped, unifi-protect";
        dc03: "ZA, ZR ZH";
        contact_id: "152 153 157-159 161 163 168 169";

    [HVAC_STOPPED "hvac.stopped", HVAC_STARTED "hvac.started"]
        Operations Side 60;
        fields: &[ZONE, AREA, CAUSE];
        required: [ZONE, AREA];
        senders: "mapped (building automation)";

    [WEATHER_OBSERVED "weather.observed"]
        Operations Once 600;
        fields: group::MEASURE, &[AREA, GEO];
        senders: "ops";

    [WARNING_RECEIVED "warning.received"]
        Operations Span 600;
        fields: &[MESSAGE, SIG_CATEGORY, GEO, AREA, UNTIL, AGENCY];
        required: [MESSAGE];
        senders: "ops (CAP in)";
        ocsf: "P7";

    // Video and audio.

    [VIDEO_MOTION "video.motion"]
        Video Span 10;
        fields: group::CAM;
        required: [CAMERA];
        senders: "unifi-protect ●, axis-mqtt ●, onvif, hikvision, dahua";
        onvif: "RuleEngine/CellMotionDetector/Motion, MotionRegionDetector/Motion, VideoSource/MotionAlarm";
        ocsf: "P2/11";

    [VIDEO_PERSON "video.person"]
        Video Span 10;
        fields: group::CAM, &[PERSON, GEO];
        required: [CAMERA];
        senders: "unifi-protect ●, frigate ●, onvif ●, hikvision";
        onvif: "RuleEngine/PeopleDetector/People, ObjectDetection/Object, TPSmartEvent";
        ocsf: "2004";

    [VIDEO_VEHICLE "video.vehicle"]
        Video Span 10;
        fields: group::CAM, &[VEHICLE, PLATE, SPEED, DIRECTION];
        required: [CAMERA];
        senders: "deepstream ●, unifi-protect ●, onvif ●, frigate";
        onvif: "RuleEngine/PeopleDetector/People, ObjectDetection/Object, TPSmartEvent";
        ocsf: "2004";

    [VIDEO_OBJECT "video.object"]
        Video Span 10;
        fields: group::CAM, &[OBJECT_KIND];
        required: [CAMERA], [OBJECT_KIND];
        senders: "frigate, unifi-protect ● (package), onvif";
        onvif: "RuleEngine/ObjectDetection/Object";

    [VIDEO_LINE_CROSSED "video.line_crossed"]
        Video Once 10;
        fields: group::CAM, &[DOOR, DIRECTION, PERSON, VEHICLE];
        required: [CAMERA];
        senders: "onvif ●, dahua ●, hikvision, unifi-protect";
        onvif: "RuleEngine/LineDetector/Crossed, CellMotionDetector/LineCross";

    [VIDEO_ZONE_ENTERED "video.zone_entered", VIDEO_ZONE_EXITED "video.zone_exited"]
        Video Once 10;
        fields: group::CAM, &[FROM_ZONE, TO_ZONE];
        required: [CAMERA];
        senders: "frigate ●, deepstream, hikvision";
        onvif: "vendor";

    [VIDEO_INTRUSION "video.intrusion"]
        Video Span 10;
        fields: group::CAM;
        required: [CAMERA];
        senders: "hikvision ●, onvif ●, dahua, frigate ● (reviews of severity alert)";
        onvif: "RuleEngine/FieldDetector/ObjectsInside, CellMotionDetector/Intrusion";
        ocsf: "P2/11";

    [VIDEO_LOITERING "video.loitering"]
        Video Span 10;
        fields: group::CAM;
        required: [CAMERA];
        senders: "onvif, unifi-protect, axis-mqtt";
        onvif: "RuleEngine/LoiteringDetector/ObjectIsLoitering";

    [VIDEO_OBJECT_LEFT "video.object_left", VIDEO_OBJECT_REMOVED "video.object_removed"]
        Video Span 10;
        fields: group::CAM, &[ASSET];
        required: [CAMERA];
        senders: "onvif, dahua, hikvision";
        onvif: "RuleEngine/ObjectAbandoned, ObjectRemoved";

    [VIDEO_COUNTED "video.counted"]
        Video Once 10;
        fields: group::CAM, &[DOOR, COUNT, DIRECTION, TOTAL];
        required: [CAMERA], [COUNT], [DIRECTION];
        senders: "hikvision ●, onvif";
        onvif: "RuleEngine/CountAggregation/Counter";

    [VIDEO_CROWD "video.crowd"]
        Video Span 10;
        fields: group::CAM, group::MEASURE;
        required: [CAMERA];
        senders: "onvif, hikvision, mapped";

    [VIDEO_CROWD_RUNNING "video.crowd_running"]
        Video Span 10;
        fields: group::CAM;
        required: [CAMERA];
        senders: "mapped";

    [VIDEO_FACE_MATCHED "video.face_matched"]
        Video Once 10;
        fields: group::CAM, &[PERSON, MATCH_LIST];
        required: [CAMERA], [PERSON];
        senders: "hikvision, dahua, frigate, onvif";
        onvif: "RuleEngine/Recognition/Face";

    [PARKING_OCCUPIED "parking.occupied", PARKING_FREED "parking.freed"]
        Video Side 10;
        fields: group::CAM, &[VEHICLE, PLATE];
        required: [CAMERA];
        senders: "deepstream ● (parked, empty)";

    [PLATE_READ "plate.read"]
        Video Once 10;
        fields: &[PLATE, CAMERA, DIRECTION, ZONE, VEHICLE, MATCH_LIST, SRC_COUNTRY];
        required: [PLATE], [CAMERA];
        senders: "hikvision, dahua, unifi-protect, deepstream ●, onvif";
        onvif: "RuleEngine/Recognition/LicensePlate";

    [AUDIO_DETECTED "audio.detected"]
        Video Span 10;
        fields: group::CAM, &[AUDIO_KIND, LOUDNESS];
        required: [CAMERA], [AUDIO_KIND];
        senders: "axis-mqtt ● (level), unifi-protect, frigate";
        onvif: "AudioSource/TriggerLevel, AudioAnalytics/Audio/DetectedSound";

    [DRONE_DETECTED "drone.detected"]
        Video Span 10;
        fields: &[GEO, ZONE, OBJECT_ID, SPEED, ALTITUDE, MATCH_LIST];
        required: [GEO];
        senders: "mapped, ocsf";
        ocsf: "8001";

    [VIDEO_TAMPER "video.tamper"]
        Video Span 10;
        fields: group::CAM, &[TAMPER_KIND];
        required: [CAMERA], [TAMPER_KIND];
        senders: "onvif ●, hikvision, dahua, axis-mqtt";
        onvif: "VideoSource/GlobalSceneChange/*, ImageTooBlurry, ImageTooDark, ImageTooBright";
        ocsf: "P2/11";

    [VIDEO_LOSS "video.loss"]
        Video Span 10;
        fields: group::CAM;
        required: [CAMERA];
        senders: "onvif ●, hikvision, dahua, axis-mqtt";
        onvif: "VideoSource/SignalLoss";
        ocsf: "P2/11";

    [VIDEO_VIEW_CHANGED "video.view_changed"]
        Video Once 10;
        fields: group::CAM, &[CAUSE];
        required: [CAMERA];
        senders: "axis-mqtt ●, onvif ●";
        onvif: "PTZController/*, VideoSource/DayNightVision";

    // Network and hosts.

    [NET_FLOW "net.flow"]
        Network Once 60;
        fields: group::NET, &[BYTES_OUT, BYTES_IN, PACKETS_OUT, PACKETS_IN, DURATION];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "firewalls ●, suricata, zeek, ecs ●, ocsf ●";
        ocsf: "4001";
        ecs: "network/connection";

    [NET_SESSION "net.session"]
        Network Once 10;
        fields: group::NET, &[MESSAGE];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "zeek ●, suricata ●";
        ocsf: "4005-4008 4012";
        ecs: "network/protocol";

    [NET_DNS "net.dns"]
        Network Once 10;
        fields: group::NET, &[QUERY, QUERY_TYPE, ANSWER, RCODE];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST], [QUERY];
        senders: "zeek ●, suricata ●, windows ●, fortinet ●";
        ocsf: "4003";
        ecs: "network/protocol";

    [NET_HTTP "net.http"]
        Network Once 10;
        fields: group::NET, &[URL, HTTP_HOST, HTTP_METHOD, HTTP_STATUS, USER_AGENT, REFERRER];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST], [URL];
        senders: "suricata ●, firewalls ●, zeek";
        ocsf: "4002";
        ecs: "web/access";

    [NET_TLS "net.tls"]
        Network Once 10;
        fields: group::NET, &[TLS_SNI, TLS_VERSION, TLS_ISSUER, TLS_SUBJECT, TLS_FINGERPRINT];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "zeek ●, suricata";
        ocsf: "4001";
        ecs: "network/protocol";

    [NET_FILE "net.file"]
        Network Once 10;
        fields: group::NET, &[FILE_NAME, FILE_PATH, FILE_HASH, FILE_TYPE, FILE_SIZE];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "suricata ●, zeek ● (pe), paloalto ●";
        ocsf: "4010";
        ecs: "file/info";

    [NET_MAIL "net.mail"]
        Network Once 10;
        fields: group::NET, &[MAIL_FROM, MAIL_TO, MAIL_SUBJECT, FILE_NAME];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "zeek ●, suricata ●, cef ●";
        ocsf: "4009";
        ecs: "email/info";

    [NET_LEASE "net.lease"]
        Network Once 10;
        fields: &[ASSIGNED_IP, SRC_MAC, SRC_HOST, ACTION];
        required: [ASSIGNED_IP], [SRC_MAC];
        senders: "suricata ●, fortinet ●, windows";
        ocsf: "4004";
        ecs: "network/start";

    [NET_SCAN "net.scan"]
        Network Once 10;
        fields: group::NET, &[COUNT, APP];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "zeek, firewalls, ecs ● (several ports scanned)";
        ocsf: "2004";
        ecs: "intrusion_detection/info";

    [NET_ANOMALY "net.anomaly"]
        Network Once 10;
        fields: group::NET, &[SIG_NAME];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "suricata ●, zeek ● (weird, dpd)";
        ocsf: "2004";
        ecs: "network/info";

    [NET_PORT_DOWN "net.port_down", NET_PORT_UP "net.port_up"]
        Network Side 10;
        fields: &[SWITCH, SWITCH_PORT];
        required: [SWITCH], [SWITCH_PORT];
        senders: "syslog, paloalto ●";
        ocsf: "5019";

    [NET_MAC_NEW "net.mac_new"]
        Network Once 10;
        fields: &[SRC_MAC, SWITCH, SWITCH_PORT, SRC_IP];
        required: [SRC_MAC];
        senders: "syslog, nozomi, zeek";
        ocsf: "5001";
        ecs: "network/info";

    [NET_HOST_SEEN "net.host_seen"]
        Network Once 300;
        fields: &[SRC_IP, SRC_MAC, SRC_HOST, APP, MESSAGE];
        senders: "zeek ● (known_hosts, known_services, software), nozomi ●";
        ocsf: "5001";
        ecs: "host/info";

    [IDS_ALERT "ids.alert"]
        Network Once 10;
        fields: group::NET, &[SIG_NAME, SIG_ID, SIG_CATEGORY, TECHNIQUE, HOST, PROCESS_NAME, FILE_HASH,
            URL];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST], [SIG_NAME];
        senders: "suricata ●, snort ●, zeek ● (notice), firewalls ●, wazuh ●, claroty ●, nozomi, ecs ●, \
            ocsf ●";
        ocsf: "2004";
        ecs: "intrusion_detection/info";

    [DECOY_TOUCHED "decoy.touched"]
        Network Once 10;
        fields: group::NET, &[DST_ASSET, APP, MESSAGE];
        required: [SRC_IP, SRC_MAC, SRC_HOST, DST_IP, HOST];
        senders: "ecs ●, mapped";
        ocsf: "2004";
        ecs: "intrusion_detection/info";

    [WIFI_ATTACK "wifi.attack"]
        Network Once 10;
        fields: &[BSSID, SSID, SRC_MAC, SIG_NAME, ZONE];
        senders: "syslog, ecs, nozomi";
        ocsf: "2004";

    [WIFI_ASSOCIATED "wifi.associated"]
        Network Once 60;
        fields: &[SRC_MAC, SSID, BSSID, USER, ACCOUNT, SRC_IP, ZONE];
        required: [SRC_MAC], [SSID];
        senders: "syslog ●, ecs";
        ocsf: "4001";
        ecs: "network/start";

    [VPN_CONNECTED "vpn.connected", VPN_DISCONNECTED "vpn.disconnected"]
        Network Side 10;
        fields: group::AUTH, &[ASSIGNED_IP, DURATION, BYTES_OUT, BYTES_IN];
        required: [USER], [SRC_IP];
        senders: "cisco-asa ●, paloalto ●, fortinet ●, syslog ●";
        ocsf: "4014";
        ecs: "network/start, end";

    [PROCESS_STARTED "process.started", PROCESS_ENDED "process.ended"]
        Network Once 60;
        fields: group::PROC;
        required: [HOST];
        senders: "windows ●, wazuh, ocsf ●";
        ocsf: "1007/1, /2";
        ecs: "process/start, end";

    [PROCESS_ACCESSED "process.accessed"]
        Network Once 60;
        fields: group::PROC, &[ACTION, MESSAGE];
        required: [HOST];
        senders: "windows ● (sysmon 8 10 25)";
        ocsf: "1007";

    [MODULE_LOADED "module.loaded"]
        Network Once 60;
        fields: group::PROC, &[MODULE_PATH, FILE_HASH];
        required: [HOST];
        senders: "windows ●";
        ocsf: "1005";
        ecs: "driver/start";

    [SCRIPT_RUN "script.run"]
        Network Once 60;
        fields: group::PROC, &[SCRIPT_TEXT];
        required: [HOST];
        senders: "windows ●";
        ocsf: "1007";
        ecs: "process/info";

    [FILE_WRITTEN "file.written", FILE_DELETED "file.deleted"]
        Network Once 60;
        fields: group::PROC, &[FILE_NAME, FILE_PATH, FILE_HASH, FILE_TYPE, FILE_SIZE, ACTION];
        required: [HOST];
        senders: "windows ●, ocsf ●";
        ocsf: "1001";
        ecs: "file/change, deletion";

    [REGISTRY_SET "registry.set"]
        Network Once 60;
        fields: group::PROC, &[REGISTRY_KEY, REGISTRY_VALUE, ACTION];
        required: [HOST], [REGISTRY_KEY];
        senders: "windows ●";
        ocsf: "201001 201002";
        ecs: "registry/change";

    [SERVICE_INSTALLED "service.installed"]
        Network Once 60;
        fields: group::PROC, &[SERVICE, FILE_PATH];
        required: [HOST], [SERVICE];
        senders: "windows ● (also scheduled tasks)";
        ocsf: "1006";
        ecs: "configuration/creation";

    [SERVICE_STOPPED "service.stopped"]
        Network Once 60;
        fields: &[HOST, SERVICE, USER, CAUSE];
        required: [HOST], [SERVICE];
        senders: "windows, syslog";
        ocsf: "6002";

    [MALWARE_FOUND "malware.found"]
        Network Once 60;
        fields: group::PROC, &[FILE_NAME, FILE_PATH, FILE_HASH, FILE_TYPE, FILE_SIZE, SIG_NAME, OUTCOME];
        required: [HOST];
        senders: "windows ●, ecs ●, paloalto ●, cef ●";
        ocsf: "2004";
        ecs: "malware/info";

    [DATA_ENCRYPTED "data.encrypted"]
        Network Span 60;
        fields: &[HOST, USER, COUNT, FILE_PATH];
        required: [HOST];
        senders: "ecs, windows";
        ocsf: "2004";

    [DATA_COPIED "data.copied", DATA_PRINTED "data.printed"]
        Network Once 60;
        fields: group::WHO, &[HOST, COUNT, SIZE, FILE_NAME, FILE_PATH, URL];
        senders: "windows, ecs, mapped";
        ocsf: "6005";

    [HOST_DEVICE_ATTACHED "host.device_attached"]
        Network Once 60;
        fields: &[HOST, DEVICE, SRC_MAC, MESSAGE];
        required: [HOST];
        senders: "windows, ecs";
        ecs: "host/change";

    [HOST_FINDING "host.finding"]
        Network Once 3600;
        fields: &[HOST, SIG_NAME, SIG_ID, SIG_CATEGORY];
        required: [HOST];
        senders: "ocsf ●, wazuh ●";
        ocsf: "2002 2003";
        ecs: "vulnerability/info";

    [HOST_LOG "host.log"]
        Network Once 60;
        fields: group::PROC, &[LOG_CHANNEL, LOG_PROVIDER, LOG_EVENT, MESSAGE];
        required: [HOST];
        senders: "windows ●, syslog ●, otlp ●, zeek ● (syslog)";
        ocsf: "1008";
        ecs: "host/info";

    [LOG_CLEARED "log.cleared"]
        Network Once 60;
        fields: &[HOST, DEVICE, LOG_CHANNEL, USER];
        required: [HOST, DEVICE];
        senders: "windows ● (1102), panels";
        contact_id: "621";
        ocsf: "1008";
        ecs: "configuration/deletion";

    [LOG_STOPPED "log.stopped"]
        Network Span 60;
        fields: &[HOST, DEVICE, LOG_CHANNEL, SERVICE, USER];
        required: [HOST, DEVICE];
        senders: "windows, wazuh";
        ocsf: "1008";
        ecs: "configuration/change";

    [API_CALLED "api.called"]
        Network Once 300;
        fields: group::AUTH, &[ACTION, URL, SERVICE, OUTCOME, ASSET, MESSAGE];
        required: [USER], [ACTION];
        senders: "ocsf ●, entra ●, mapped";
        ocsf: "6003";
        ecs: "web/access";

    // Identity.

    [AUTH_LOGIN "auth.login", AUTH_LOGOUT "auth.logout"]
        Identity Side 60;
        fields: group::AUTH, &[DURATION];
        required: [USER];
        senders: "windows ●, syslog ●, okta ●, entra ●, ecs ●, ocsf ●";
        ocsf: "3002/1, /2";
        ecs: "authentication/start (outcome success), end";

    [AUTH_FAILED "auth.failed"]
        Identity Once 60;
        fields: group::AUTH, &[REASON];
        required: [USER], [REASON];
        senders: "windows ●, syslog ●, okta, entra ●, firewalls ●, gallagher ●";
        ocsf: "3002/1";
        ecs: "authentication/start, outcome failure";

    [AUTH_LOCKED_OUT "auth.locked_out"]
        Identity Span 60;
        fields: group::AUTH;
        required: [USER];
        senders: "windows, okta, mapped";
        ocsf: "3001";
        ecs: "iam/change";

    [AUTH_ELEVATED "auth.elevated"]
        Identity Once 60;
        fields: group::AUTH, &[PROCESS_NAME, MESSAGE];
        required: [USER];
        senders: "windows ●, syslog ● (sudo)";
        ocsf: "3003";
        ecs: "iam/admin";

    [AUTH_SECRET_USED "auth.secret_used"]
        Identity Once 60;
        fields: group::AUTH, &[TARGET_ACCOUNT, ASSET, ACTION];
        required: [USER];
        senders: "leef ● (vault), syslog ● (bastion)";
        ocsf: "3003";

    [AUTH_RISK_DETECTED "auth.risk_detected"]
        Identity Span 7200;
        fields: group::AUTH, &[SIG_NAME, SIG_CATEGORY];
        required: [USER];
        senders: "entra ●, okta";
        ocsf: "2004";
        ecs: "threat/indicator";

    [ACCOUNT_CREATED "account.created", ACCOUNT_DELETED "account.deleted"]
        Identity Once 60;
        fields: &[TARGET_ACCOUNT, ACCOUNT, OPERATOR, TICKET];
        required: [TARGET_ACCOUNT];
        senders: "windows ●, entra ●, ocsf ●";
        ocsf: "3001/1, /6";
        ecs: "iam/creation, deletion";

    [ACCOUNT_CHANGED "account.changed"]
        Identity Once 60;
        fields: &[TARGET_ACCOUNT, ACCOUNT, ACTION, MESSAGE, TICKET];
        required: [TARGET_ACCOUNT];
        senders: "windows ●, okta ●, entra ●";
        ocsf: "3001";
        ecs: "iam/change";

    [ACCOUNT_RIGHTS_CHANGED "account.rights_changed"]
        Identity Once 60;
        fields: &[TARGET_ACCOUNT, ACCOUNT, ACTION, MESSAGE, TICKET];
        required: [TARGET_ACCOUNT], [ACTION];
        senders: "windows ●, entra ●, syslog ●";
        ocsf: "3005 3006";
        ecs: "iam/group";

    [ACCOUNT_DISABLED "account.disabled", ACCOUNT_ENABLED "account.enabled"]
        Identity Side 60;
        fields: &[TARGET_ACCOUNT, ACCOUNT, REASON];
        required: [TARGET_ACCOUNT];
        senders: "windows ●, entra";
        ocsf: "3001/5, /2";
        ecs: "iam/change";

    [PERSON_STATUS_CHANGED "person.status_changed"]
        Identity Once 3600;
        fields: &[PERSON, STATUS, REASON, UNTIL];
        required: [PERSON], [STATUS];
        senders: "ops (personnel feed)";
        ocsf: "3004";
        ecs: "iam/change";

    // Health.

    [HEALTH_HEARTBEAT "health.heartbeat"]
        Health Beat 60;
        fields: group::DEV, &[EXPECTED];
        required: [DEVICE];
        senders: "sia-dc09 ● (NULL, RP), contact-id ● (602), suricata, hikvision, unifi-access ●, frigate";
        dc03: "RP RX TX";
        contact_id: "601-603";
        ecs: "host/info";

    [HEALTH_OFFLINE "health.offline", HEALTH_ONLINE "health.online"]
        Health Side 60;
        fields: group::DEV, &[LINK, CAUSE];
        required: [DEVICE];
        senders: "unifi-protect ● (disconnect), unifi-access ● (online), frigate, onvif, gallagher, mapped";
        dc03: "VZ; VY";
        contact_id: "381 382 798 954";
        onvif: "Device/Network/Lost";

    [HEALTH_SILENT "health.silent"]
        Health Span 1;
        fields: group::DEV, &[EXPECTED, GAP_FROM];
        required: [DEVICE], [EXPECTED];
        senders: "self";

    [HEALTH_SEQ_GAP "health.seq_gap"]
        Health Once 1;
        fields: group::DEV, &[GAP_FIRST, GAP_LAST, MISSING];
        required: [DEVICE], [GAP_FIRST], [GAP_LAST], [MISSING];
        senders: "self";

    [HEALTH_CLOCK_SKEW "health.clock_skew"]
        Health Span 1;
        fields: group::DEV, &[CLOCK_KIND, OFFSET];
        required: [DEVICE], [CLOCK_KIND];
        senders: "self, panels";
        dc03: "JT JD";
        contact_id: "625 626";

    [HEALTH_TAMPER "health.tamper"]
        Health Point 60;
        fields: group::DEV, &[TAMPER_KIND, DOOR, PARTITION];
        required: [DEVICE];
        senders: "panels, onvif, doors";
        dc03: "TA XS, TR TH XJ, TT TJ, TB TU";
        contact_id: "109 137 144 145 316 341 383";
        onvif: "Door/State/DoorTamper, IdPoint/Tampering";
        ocsf: "P1/12, P2/5";

    [HEALTH_PATH_LOST "health.path_lost"]
        Health Span 60;
        fields: group::DEV, &[LINK, PATHS_LEFT];
        required: [DEVICE], [LINK];
        senders: "contact-id ● (354), panels";
        dc03: "YC YS LT NT, YK LR NR restore";
        contact_id: "350-358";
        ocsf: "P2/8";

    [HEALTH_JAMMING "health.jamming"]
        Health Span 60;
        fields: group::DEV, &[LINK];
        required: [DEVICE];
        senders: "panels";
        dc03: "XQ, XH";
        contact_id: "344";

    [HEALTH_POWER_LOST "health.power_lost"]
        Health Span 60;
        fields: group::DEV, &[CAUSE];
        required: [DEVICE];
        senders: "panels, mapped";
        dc03: "AT, AR";
        contact_id: "301 314 342 926";
        ocsf: "P2/7";

    [HEALTH_BATTERY_LOW "health.battery_low"]
        Health Span 60;
        fields: group::DEV, &[BATTERY];
        required: [DEVICE];
        senders: "panels, unifi-protect";
        dc03: "YT YM XT, YR XR";
        contact_id: "302 309 311 338 384";
        ocsf: "P2/7";

    [HEALTH_FAULT "health.fault"]
        Health Span 60;
        fields: group::DEV, &[FAULT_KIND];
        required: [DEVICE], [FAULT_KIND];
        senders: "panels, onvif, mapped";
        dc03: "IA ET YA YF YP YI YX, IR ER YH YQ YJ YZ restore";
        contact_id: "141-143 147 300 303 304 307 308 310 312 320-327 330-337 343 345 370-372 389 391-393 \
            616 796";
        onvif: "Device/HardwareFailure/*";

    [HEALTH_RESTARTED "health.restarted"]
        Health Once 60;
        fields: group::DEV, &[CAUSE];
        required: [DEVICE];
        senders: "panels, all";
        dc03: "YW";
        contact_id: "305 339";

    [HEALTH_STORAGE "health.storage"]
        Health Span 60;
        fields: group::DEV, &[FILL];
        required: [DEVICE];
        senders: "onvif, hikvision, dahua, panels";
        dc03: "JL JO";
        contact_id: "622-624";
        onvif: "Device/HardwareFailure/StorageFailure";

    [HEALTH_RECORDING_GAP "health.recording_gap"]
        Health Span 60;
        fields: &[CAMERA, GAP_FROM, GAP_TO];
        required: [CAMERA];
        senders: "milestone, hikvision, mapped";

    [HEALTH_DATA_QUALITY "health.data_quality"]
        Health Span 1;
        fields: group::DEV, &[QUALITY_KIND, COUNT];
        required: [DEVICE], [QUALITY_KIND];
        senders: "self";

    [DEVICE_CONFIG_CHANGED "device.config_changed"]
        Health Once 60;
        fields: group::DEV, &[CONFIG_ITEM, ACTION, OPERATOR, ACCOUNT, TICKET];
        required: [DEVICE], [CONFIG_ITEM];
        senders: "firewalls ●, mapped, onvif, panels";
        dc03: "YG JS JH";
        contact_id: "501 520-527 531 532 551-553";
        ocsf: "5019";
        ecs: "configuration/change";

    // Operations.

    [TOUR_STARTED "tour.started", TOUR_ENDED "tour.ended"]
        Operations Side 60;
        fields: group::TOUR, &[DUE_AT, OUTCOME];
        required: [TOUR];
        senders: "ops, physec";
        ocsf: "P4/1, /3, /4";

    [TOUR_CANCELLED "tour.cancelled"]
        Operations Once 60;
        fields: group::TOUR, &[REASON, OPERATOR];
        required: [TOUR];
        senders: "ops";

    [TOUR_CHECKPOINT_DUE "tour.checkpoint_due"]
        Operations Once 60;
        fields: group::TOUR, &[CHECKPOINT, DUE_AT, LEG_MIN, LEG_MAX, NUMBER];
        required: [TOUR], [CHECKPOINT], [DUE_AT];
        senders: "self (site model), ops";

    [TOUR_CHECKPOINT "tour.checkpoint"]
        Operations Once 60;
        fields: group::TOUR, &[CHECKPOINT, READER, NUMBER, GEO];
        required: [TOUR], [CHECKPOINT];
        senders: "ops, doors";
        ocsf: "P4/2";

    [TOUR_CHECKPOINT_MISSED "tour.checkpoint_missed"]
        Operations Once 60;
        fields: group::TOUR, &[CHECKPOINT];
        required: [TOUR], [CHECKPOINT];
        senders: "ops (tour system's own finding)";
        ocsf: "P4/6";

    [CHECKIN_DUE "checkin.due", CHECKIN_RECEIVED "checkin.received"]
        Operations Once 60 life_safety;
        fields: &[PERSON, GUARD, CHECK_KIND, DUE_AT, ZONE, GEO, OUTCOME];
        required: [PERSON, GUARD];
        senders: "self (due), ops";

    [CHECKIN_MISSED "checkin.missed"]
        Operations Span 60 life_safety;
        fields: &[PERSON, GUARD, CHECK_KIND, ZONE];
        required: [PERSON, GUARD];
        senders: "ops";

    [PERSON_ROUTE_DEVIATED "person.route_deviated"]
        Operations Span 60 life_safety;
        fields: &[PERSON, GEO, ZONE, VEHICLE];
        required: [PERSON];
        senders: "ops";

    [SHIFT_STARTED "shift.started", SHIFT_ENDED "shift.ended"]
        Operations Side 60;
        fields: &[PERSON, GUARD, POST, DUE_AT];
        required: [PERSON, GUARD];
        senders: "ops";
        ocsf: "P5";

    [POST_STAFFED "post.staffed", POST_VACATED "post.vacated"]
        Operations Side 60;
        fields: &[POST, GUARD, ZONE, DUE_AT, CAUSE];
        required: [POST];
        senders: "ops";
        ocsf: "P5/1, /2 /5 /9";

    [VISITOR_EXPECTED "visitor.expected"]
        Operations Once 600;
        fields: &[PERSON, VISIT, ESCORT, DUE_AT, UNTIL];
        required: [PERSON], [VISIT];
        senders: "ops, verkada";

    [VISITOR_ARRIVED "visitor.arrived", VISITOR_LEFT "visitor.left"]
        Operations Side 60;
        fields: &[PERSON, VISIT, ESCORT, ZONE, CREDENTIAL];
        required: [PERSON], [VISIT];
        senders: "ops, verkada";

    [VISITOR_DUE_OUT "visitor.due_out"]
        Operations Once 60;
        fields: &[PERSON, VISIT, DUE_AT];
        required: [PERSON], [VISIT], [DUE_AT];
        senders: "self, ops";

    [PERMIT_OPENED "permit.opened", PERMIT_CLOSED "permit.closed"]
        Operations Side 600;
        fields: &[PERMIT, PERMIT_KIND, ZONE, AREA, PERSON, UNTIL];
        required: [PERMIT];
        senders: "ops";

    [WORKORDER_OPENED "workorder.opened", WORKORDER_CLOSED "workorder.closed"]
        Operations Side 600;
        fields: &[TICKET, WORK_KIND, DEVICE, ASSET, ZONE, PERSON, UNTIL];
        required: [TICKET];
        senders: "ops";

    [MAINTENANCE_STARTED "maintenance.started", MAINTENANCE_ENDED "maintenance.ended"]
        Operations Side 60;
        fields: &[SCOPE, TICKET, OPERATOR, UNTIL];
        required: [SCOPE];
        senders: "ops, self";

    [TEST_STARTED "test.started", TEST_ENDED "test.ended"]
        Operations Side 60;
        fields: &[SCOPE, TEST_KIND, OPERATOR, UNTIL];
        required: [SCOPE], [TEST_KIND];
        senders: "ops, self, panels";
        dc03: "TS FI; TE FK TC";
        contact_id: "604 605 607 608 611 612 915-919";

    [MODE_STARTED "mode.started", MODE_ENDED "mode.ended"]
        Operations Side 60;
        fields: &[MODE, MODE_KIND, SCOPE, OWNER, UNTIL];
        required: [MODE], [MODE_KIND];
        senders: "ops, operator, panels";
        contact_id: "431";

    [MODE_ITEM_DUE "mode.item_due", MODE_ITEM_REVERTED "mode.item_reverted"]
        Operations Once 60;
        fields: &[MODE, ITEM, ITEM_KIND, DOOR, CREDENTIAL, DUE_AT];
        required: [MODE], [ITEM], [ITEM_KIND];
        senders: "self (due), doors, ops";

    [LOCKDOWN_STARTED "lockdown.started", LOCKDOWN_ENDED "lockdown.ended"]
        Operations Side 60 life_safety;
        fields: &[SCOPE, OWNER, UNTIL];
        senders: "ops, doors";

    [EVACUATION_STARTED "evacuation.started", EVACUATION_ENDED "evacuation.ended"]
        Operations Side 60 life_safety;
        fields: &[SCOPE, OWNER, ZONE];
        senders: "ops, self (fire plan)";

    [MUSTER_CHECKED_IN "muster.checked_in"]
        Operations Once 60 life_safety;
        fields: &[PERSON, ZONE, CREDENTIAL];
        required: [PERSON], [ZONE];
        senders: "doors (muster readers), ops";

    [SEARCH_STARTED "search.started", SEARCH_COMPLETED "search.completed"]
        Operations Side 60 life_safety;
        fields: &[SEARCH, ZONE, GUARD, OUTCOME];
        required: [SEARCH];
        senders: "ops";

    [RESPONSE_DISPATCHED "response.dispatched", RESPONSE_ON_SCENE "response.on_scene",
     RESPONSE_CLEARED "response.cleared"]
        Operations Once 60;
        fields: &[INCIDENT, RESOURCE, GUARD, ZONE];
        required: [RESOURCE];
        senders: "ops, physec ●";
        ocsf: "P6/1, /4, /6";

    [AGENCY_NOTIFIED "agency.notified"]
        Operations Once 60;
        fields: &[INCIDENT, AGENCY, OPERATOR, OUTCOME];
        required: [AGENCY];
        senders: "ops, self";
        ocsf: "P6/9";

    [DISPOSITION_RECEIVED "disposition.received"]
        Operations Once 600;
        fields: &[INCIDENT, DEVICE, SENSOR, VERDICT, VERDICT_CAUSE, VERDICT_METHOD, VERDICT_LEVEL];
        required: [VERDICT];
        senders: "physec ●, ops";
        ocsf: "P3";

    // Operators and engine.

    [OPERATOR_LOGGED_ON "operator.logged_on", OPERATOR_LOGGED_OFF "operator.logged_off"]
        Operations Side 1;
        fields: &[OPERATOR, POST, INTERFACE, HOST, SESSION];
        required: [OPERATOR];
        senders: "self, gallagher, mapped";

    [OPERATOR_RAISE "operator.raise"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT_TYPE, SEVERITY, ZONE, DOOR, PERSON, MESSAGE];
        required: [OPERATOR], [INCIDENT_TYPE];
        senders: "self (manual and phoned-in incidents)";

    [OPERATOR_ACKNOWLEDGE "operator.acknowledge"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, REASON, MESSAGE];
        required: [OPERATOR], [INCIDENT];
        senders: "self";

    [OPERATOR_ASSIGN "operator.assign"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, REASON, MESSAGE, TARGET_ACCOUNT];
        required: [OPERATOR], [INCIDENT], [TARGET_ACCOUNT];
        senders: "self";

    [OPERATOR_START "operator.start", OPERATOR_HOLD "operator.hold", OPERATOR_RESOLVE "operator.resolve"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, REASON, MESSAGE];
        required: [OPERATOR], [INCIDENT];
        senders: "self";

    [OPERATOR_CLOSE "operator.close"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, REASON, MESSAGE, VERDICT, VERDICT_CAUSE, VERDICT_METHOD,
            VERDICT_LEVEL];
        required: [OPERATOR], [INCIDENT], [VERDICT];
        senders: "self";

    [OPERATOR_REOPEN "operator.reopen", OPERATOR_CANCEL "operator.cancel",
     OPERATOR_ESCALATE "operator.escalate", OPERATOR_NOTE "operator.note", OPERATOR_MERGE "operator.merge",
     OPERATOR_SPLIT "operator.split"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, REASON, MESSAGE];
        required: [OPERATOR], [INCIDENT];
        senders: "self";

    [OPERATOR_VIEW_EVIDENCE "operator.view_evidence"]
        Operations Once 1;
        fields: &[OPERATOR, INCIDENT, CAMERA];
        required: [OPERATOR], [INCIDENT];
        senders: "self, milestone";

    [OPERATOR_SHELVE "operator.shelve", OPERATOR_UNSHELVE "operator.unshelve"]
        Operations Side 1;
        fields: &[OPERATOR, SCOPE, RULE, REASON, UNTIL, TICKET];
        required: [OPERATOR], [SCOPE, RULE];
        senders: "self";

    [INCIDENT_OPENED "incident.opened", INCIDENT_UPDATED "incident.updated",
     INCIDENT_ACKNOWLEDGED "incident.acknowledged", INCIDENT_ASSIGNED "incident.assigned",
     INCIDENT_STARTED "incident.started", INCIDENT_HELD "incident.held",
     INCIDENT_ESCALATED "incident.escalated", INCIDENT_RESOLVED "incident.resolved"]
        Engine Once 1;
        fields: group::INC, &[DURATION];
        required: [INCIDENT];
        senders: "self";
        ocsf: "2005";

    [INCIDENT_CLOSED "incident.closed"]
        Engine Once 1;
        fields: group::INC, &[DURATION, VERDICT, VERDICT_CAUSE, VERDICT_METHOD, VERDICT_LEVEL];
        required: [INCIDENT], [VERDICT];
        senders: "self";
        ocsf: "2005";

    [INCIDENT_REOPENED "incident.reopened", INCIDENT_CANCELLED "incident.cancelled"]
        Engine Once 1;
        fields: group::INC, &[DURATION];
        required: [INCIDENT];
        senders: "self";
        ocsf: "2005";

    [INCIDENT_MERGED "incident.merged"]
        Engine Once 1;
        fields: group::INC, &[DURATION, MESSAGE];
        required: [INCIDENT];
        senders: "self";
        ocsf: "2005";

    [INCIDENT_WITHDRAWN "incident.withdrawn", INCIDENT_SETTLED "incident.settled"]
        Engine Once 1;
        fields: group::INC, &[DURATION];
        required: [INCIDENT];
        senders: "self";
        ocsf: "2005";

    [COVERAGE_LOST "coverage.lost"]
        Engine Span 1;
        fields: &[ASSET, ZONE, COUNT, CAUSE];
        required: [ASSET];
        senders: "self (coverage map)";

    [UNCLASSIFIED "unclassified"]
        Topic Once 60;
        fields: &[];
        required: [NATIVE_CODE];
        senders: "every format (R13)";
        ocsf: "0";
}
