//! Enumerations: the words that a field or an attribute of the site model may take.
//!
//! A word that is sent but not listed becomes `other` (or `unknown`) and is kept in `native_reason`, so a
//! list grows only when a rule wants to ask for the word.

use crate::field::EnumDef;

macro_rules! enums {
    ($( $NAME:ident $name:literal $order:ident [ $($value:literal)* ] )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only the places of the rows")]
        enum Place { $( $NAME, )* }

        /// One constant for each enumeration.
        pub(crate) mod ids {
            use super::Place;
            use crate::field::EnumId;
            $( pub(crate) const $NAME: EnumId = EnumId(Place::$NAME as u16); )*
        }

        /// The rows.
        pub(crate) static ENUMS: &[EnumDef] = &[
            $( EnumDef { name: $name, values: &[$($value),*], ordered: enums!(@$order) }, )*
        ];
    };
    (@ordered) => { true };
    (@plain) => { false };
}

enums! {
    // Envelope.
    LIFECYCLE "lifecycle" plain ["new" "restore" "update" "cancel" "still_present" "snapshot" "trouble"
        "trouble_restore" "bypass" "unbypass" "test"]
    TIME_QUALITY "time_quality" plain ["device" "receiver" "append"]

    // What happened and why.
    DIRECTION "direction" plain ["in" "out" "unknown"]
    OUTCOME "outcome" plain ["success" "failure" "allowed" "blocked" "partial" "unknown"]
    REASON "reason" plain ["unknown_credential" "expired" "not_yet_valid" "revoked" "lost" "stolen"
        "terminated" "suspended" "no_permission" "wrong_time" "wrong_door" "antipassback" "wrong_pin"
        "biometric_mismatch" "lockout" "interlock" "occupancy" "two_person" "escort_missing" "armed"
        "threat_level" "lockdown" "no_such_user" "wrong_password" "account_disabled" "account_locked"
        "mfa_failed" "mfa_refused" "policy" "device_fault" "other" "unknown"]
    CAUSE "cause" plain ["badge" "exit_request" "operator" "api" "schedule" "first_person" "fire_release"
        "emergency" "lockdown" "key" "rule" "user" "swinger" "fault" "power_loss" "other" "unknown"]
    ACTION "action" plain ["unlock" "lock" "pulse" "block" "unblock" "follow_schedule" "arm" "disarm"
        "bypass" "unbypass" "create" "change" "delete" "grant" "revoke" "enable" "disable" "read" "begin"
        "end" "other"]
    INTERFACE "interface" plain ["console" "api" "panel" "keypad" "mobile" "reader" "unknown"]
    ACCESS_METHOD "access.method" plain ["card" "pin" "card_pin" "mobile" "face" "fingerprint" "plate"
        "code" "key" "remote" "intercom" "unknown"]
    AUTH_METHOD "auth.method" plain ["password" "mfa" "kerberos" "ntlm" "certificate" "ssh_key" "sso"
        "radius" "pin" "biometric" "api_token" "anonymous" "unknown"]
    LOGON_TYPE "logon.type" plain ["interactive" "remote_interactive" "unlock" "network" "service" "batch"
        "cloud" "vpn" "wifi" "unknown"]
    DOOR_MODE "door.mode" plain ["locked" "unlocked" "card" "card_pin" "blocked" "double_locked" "passage"
        "lockdown" "emergency_open" "unknown"]
    ARM_LEVEL "arm.level" plain ["away" "stay" "night" "perimeter" "partial" "unknown"]
    ARM_METHOD "arm.method" plain ["user" "keyswitch" "schedule" "remote" "quick" "automatic" "forced"
        "unknown"]
    SCHEDULE_DEVIATION "schedule.deviation" plain ["none" "early" "late" "unknown"]

    // How it was sensed.
    TECHNOLOGY "technology" plain ["contact" "pir" "microwave" "dual" "glass_break" "vibration" "seismic"
        "photobeam" "fence" "pressure" "radar" "lidar" "thermal" "video" "audio" "smoke" "heat" "flame"
        "flow" "gas" "chemical" "trace" "keypad" "button" "unknown"]
    DERIVATION "derivation" plain ["direct" "sensor_fusion" "analytic" "count" "schedule" "human" "unknown"]
    INTRUSION_KIND "intrusion.kind" plain ["burglary" "perimeter" "interior" "entry_exit" "day_night"
        "outdoor" "around_the_clock" "near_alarm" "silent" "unknown"]
    FIRE_KIND "fire.kind" plain ["smoke" "heat" "flame" "waterflow" "pull_station" "duct" "beam"
        "aspirating" "video" "alarm_sound" "general"]
    GAS_KIND "gas.kind" plain ["combustible" "co" "co2" "refrigerant" "toxic" "oxygen_low" "unknown"]
    MEDICAL_KIND "medical.kind" plain ["emergency" "pendant" "aed_cabinet" "fall" "call" "unknown"]
    TAMPER_KIND "tamper.kind" plain ["case" "cover" "wire" "mount" "covered" "moved" "defocused" "blinded"
        "dark" "bright" "scene_change" "process" "unknown"]
    FAULT_KIND "fault.kind" plain ["sounder" "output" "ground" "loop" "module" "repeater" "printer"
        "memory" "self_test" "fan" "temperature" "supply" "overcurrent" "sensitivity" "supervision" "lock"
        "position_switch" "exit_device" "encryption" "licence" "other"]
    OBJECT_KIND "object.kind" plain ["person" "vehicle" "car" "truck" "bus" "motorcycle" "bicycle"
        "animal" "bag" "package" "face" "plate" "weapon" "drone" "other" "unknown"]
    AUDIO_KIND "audio.kind" plain ["glass_break" "scream" "aggression" "alarm_sound" "bark" "baby_cry"
        "speech" "vehicle_alarm" "level" "other"]
    QUANTITY "quantity" plain ["temperature" "humidity" "concentration" "lel" "fill" "pressure" "flow"
        "airflow" "wind" "rain" "lightning" "density" "voltage" "loudness" "count"]

    // Networks and systems.
    PROTO "proto" plain ["tcp" "udp" "icmp" "icmp6" "sctp" "gre" "esp" "other"]
    CLOCK_KIND "clock.kind" plain ["step" "drift" "zone" "set"]
    QUALITY_KIND "quality.kind" plain ["rejects" "late" "unclassified" "unresolved" "wrong_partition"
        "duplicates" "flood" "shed"]
    CONFIG_ITEM "config.item" plain ["stream" "recording" "time" "network" "users" "rights" "firmware"
        "schedule" "rules" "certificate" "other"]

    // Operations.
    CHECK_KIND "check.kind" plain ["lone_worker" "guard_radio" "principal" "resident" "other"]
    ITEM_KIND "item.kind" plain ["credential" "permission" "rule" "unlock" "mode" "zone" "other"]
    MODE_KIND "mode.kind" plain ["normal" "threat_level" "shelter" "special_event" "executive_protection"
        "night" "flood" "other"]
    TEST_KIND "test.kind" plain ["on_test" "walk_test" "point_test" "drill" "exercise" "canary"]
    WORK_KIND "work.kind" plain ["repair" "change" "replacement" "planned_impairment" "access_change"
        "penetration_test" "other"]
    PERMIT_KIND "permit.kind" plain ["hot_work" "confined_space" "electrical" "roof" "other"]
    SEVERITY "severity" ordered ["maintenance" "low" "medium" "high" "critical"]
    STATUS "status" plain ["active" "notice" "leave" "suspended" "terminated" "unknown"]
    VERDICT "verdict" plain ["genuine" "false_alarm" "benign" "test" "unknown"]
    VERDICT_CAUSE "verdict.cause" plain ["user_error" "equipment" "installation" "environment" "animal"
        "authorised_activity" "communications" "malicious" "genuine" "unknown"]
    VERDICT_METHOD "verdict.method" plain ["video" "on_site" "phone" "audio" "analytics" "unknown"]

    // Attributes of the site model.
    ZONE_KIND "zone.kind" plain ["perimeter" "public" "interior" "restricted" "server_room" "vault"
        "sterile" "egress" "parking" "other"]
    ASSET_KIND "asset.kind" plain ["access_controller" "recorder" "camera" "panel" "server" "workstation"
        "switch" "vault" "rack" "art" "lift" "other"]
    PERSON_KIND "person.kind" plain ["employee" "contractor" "visitor" "guard" "principal"]
}
