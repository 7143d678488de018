//! What topics mean: a table from the path of a topic, without prefixes, to classes.
//!
//! It follows the codes column of the class table, and adds what makers hang under the same paths. A topic
//! that is not here is `unclassified`, which is the caller's business.

use event::class::{self, ClassId};
use event::field::*;

/// A field and the word it holds.
pub(crate) type Said = (FieldId, &'static str);

/// One row: topics with this path, or below it if it ends in `/*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Path without prefixes.
    pub path: &'static str,
    /// What such a notification says.
    pub says: Says,
    /// What it is about.
    pub about: About,
    /// What the topic says beside that.
    pub adds: &'static [Said],
    /// The items that carry its truth; empty: the first that is one, and without any it is true.
    pub truth: &'static [&'static str],
}

/// What a notification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// A condition lasts while a value is true.
    Condition(ClassId),
    /// It happened; a value that is false says that it is past.
    Happens(ClassId),
    /// It happened, whatever the value.
    Changes(ClassId),
    /// One of two states by a truth.
    Sides(ClassId, ClassId),
    /// One of two states, or a fault, by a word.
    Words(Words),
    /// Which of several kinds of object are there.
    Objects,
    /// One kind of object, by the name of the item that is true.
    SmartEvent,
    /// A sound, by its name.
    Sound,
    /// None, one or the other alarm of a door.
    DoorAlarm,
    /// The mode of a door.
    DoorMode,
}

/// A state that is said in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// `Open`, `Closed`.
    Physical,
    /// `Locked`, `Unlocked`.
    Lock,
    /// `TamperDetected`, `NotInTamper`.
    Tamper,
    /// `FaultDetected`, `NotInFault`.
    Fault,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The camera.
    Camera,
    /// A detection point of the device, of this kind.
    Sensor(&'static str),
    /// An output of the device.
    Output,
    /// The device itself.
    Device,
    /// A door, and who was at it.
    Door,
}

const fn row(path: &'static str, says: Says, about: About) -> Row {
    Row { path, says, about, adds: &[], truth: &[] }
}

impl Row {
    const fn adds(self, adds: &'static [Said]) -> Row {
        Row { adds, ..self }
    }

    const fn truth(self, truth: &'static [&'static str]) -> Row {
        Row { truth, ..self }
    }

    /// Whether its records may come a minute late, as those of doors do.
    pub fn is_of_door(&self) -> bool {
        self.about == About::Door
    }
}

/// The row of a path; the first that fits.
pub(crate) fn row_of(path: &str) -> Option<&'static Row> {
    let fits = |row: &&Row| match row.path.strip_suffix("/*") {
        Some(above) => {
            path.get(..above.len()).is_some_and(|start| start.eq_ignore_ascii_case(above))
                && matches!(path.as_bytes().get(above.len()), None | Some(b'/'))
        }
        None => row.path.eq_ignore_ascii_case(path),
    };
    ROWS.iter().find(fits)
}

/// Every row, in order.
pub(crate) fn rows() -> &'static [Row] {
    ROWS
}

use About::{Camera, Device, Door, Output, Sensor};
use Says::{Changes, Condition, DoorAlarm, DoorMode, Happens, Objects, Sides, SmartEvent, Sound};

const PEOPLE: &[&str] = &["IsPeople", "IsPerson", "IsHuman", "State"];
const MOTION: Says = Condition(class::VIDEO_MOTION);
const PERSON: Says = Condition(class::VIDEO_PERSON);
const VEHICLE: Says = Condition(class::VIDEO_VEHICLE);
const OBJECT: Says = Condition(class::VIDEO_OBJECT);
const TAMPER: Says = Condition(class::VIDEO_TAMPER);
const INTRUSION: Says = Condition(class::VIDEO_INTRUSION);
const LOITERING: Says = Condition(class::VIDEO_LOITERING);
const INPUT: Says = Sides(class::SENSOR_ACTIVE, class::SENSOR_INACTIVE);
const FAULT: Says = Condition(class::HEALTH_FAULT);

static ROWS: &[Row] = &[
    // Analytics.
    row("RuleEngine/CellMotionDetector/Motion", MOTION, Camera),
    row("RuleEngine/MotionRegionDetector/Motion", MOTION, Camera),
    row("VideoSource/MotionAlarm", MOTION, Camera),
    row("VideoAnalytics/Motion", MOTION, Camera),
    row("RuleEngine/PeopleDetector/People", PERSON, Camera).truth(PEOPLE),
    row("RuleEngine/CellMotionDetector/People", PERSON, Camera).truth(PEOPLE),
    row("RuleEngine/MyRuleDetector/PeopleDetect", PERSON, Camera).truth(PEOPLE),
    row("RuleEngine/MyRuleDetector/HumanDetect", PERSON, Camera).truth(PEOPLE),
    row("RuleEngine/MyRuleDetector/VehicleDetect", VEHICLE, Camera).truth(&["IsVehicle", "State"]),
    row("RuleEngine/MyRuleDetector/DogCatDetect", OBJECT, Camera)
        .truth(&["IsDogCat", "State"])
        .adds(&[(OBJECT_KIND, "animal")]),
    row("RuleEngine/MyRuleDetector/FaceDetect", OBJECT, Camera)
        .truth(&["IsFace", "State"])
        .adds(&[(OBJECT_KIND, "face")]),
    row("RuleEngine/MyRuleDetector/PackageDetect", OBJECT, Camera)
        .truth(&["IsPackage", "State"])
        .adds(&[(OBJECT_KIND, "package")]),
    row("RuleEngine/MyRuleDetector/BabyCryingDetect", Condition(class::AUDIO_DETECTED), Camera)
        .adds(&[(AUDIO_KIND, "baby_cry")]),
    row("RuleEngine/CellMotionDetector/TpSmartEvent", SmartEvent, Camera),
    row("RuleEngine/TPSmartEventDetector/TPSmartEvent", SmartEvent, Camera),
    row("RuleEngine/ObjectDetection/Object", Objects, Camera),
    row("RuleEngine/LineDetector/Crossed", Happens(class::VIDEO_LINE_CROSSED), Camera),
    row("RuleEngine/LineDetector/Crossing", Happens(class::VIDEO_LINE_CROSSED), Camera),
    row("RuleEngine/CellMotionDetector/LineCross", Happens(class::VIDEO_LINE_CROSSED), Camera),
    row("RuleEngine/FieldDetector/ObjectsInside", INTRUSION, Camera),
    row("RuleEngine/FieldDetector/ObjectIsInside", INTRUSION, Camera),
    row("RuleEngine/CellMotionDetector/Intrusion", INTRUSION, Camera),
    row("RuleEngine/LoiteringDetector/ObjectIsLoitering", LOITERING, Camera),
    row("RuleEngine/FieldDetector/ObjectIsLoitering", LOITERING, Camera),
    row("RuleEngine/ObjectAbandoned/*", Condition(class::VIDEO_OBJECT_LEFT), Camera),
    row("RuleEngine/ObjectRemoved/*", Condition(class::VIDEO_OBJECT_REMOVED), Camera),
    row("RuleEngine/CountAggregation/Counter", Changes(class::VIDEO_COUNTED), Camera)
        .adds(&[(DIRECTION, "unknown")]),
    row("RuleEngine/Recognition/Face", Happens(class::VIDEO_FACE_MATCHED), Camera),
    row("RuleEngine/Recognition/LicensePlate", Happens(class::PLATE_READ), Camera),
    row("CameraApplicationPlatform/VMD/*", MOTION, Camera),
    row("CameraApplicationPlatform/MotionGuard/*", MOTION, Camera),
    row("CameraApplicationPlatform/FenceGuard/*", Happens(class::VIDEO_LINE_CROSSED), Camera),
    row("CameraApplicationPlatform/LoiteringGuard/*", LOITERING, Camera),
    row("CameraApplicationPlatform/ObjectAnalytics/*", OBJECT, Camera),
    // The picture.
    row("VideoSource/GlobalSceneChange/*", TAMPER, Camera).adds(&[(TAMPER_KIND, "scene_change")]),
    row("VideoSource/ImageTooBlurry/*", TAMPER, Camera).adds(&[(TAMPER_KIND, "defocused")]),
    row("VideoSource/ImageTooDark/*", TAMPER, Camera).adds(&[(TAMPER_KIND, "dark")]),
    row("VideoSource/ImageTooBright/*", TAMPER, Camera).adds(&[(TAMPER_KIND, "bright")]),
    row("VideoSource/Tampering/*", TAMPER, Camera).adds(&[(TAMPER_KIND, "unknown")]),
    row("RuleEngine/TamperDetector/Tamper", TAMPER, Camera).adds(&[(TAMPER_KIND, "unknown")]),
    row("VideoSource/SignalLoss/*", Condition(class::VIDEO_LOSS), Camera),
    row("VideoSource/DayNightVision/*", Changes(class::VIDEO_VIEW_CHANGED), Camera),
    row("PTZController/*", Happens(class::VIDEO_VIEW_CHANGED), Camera),
    // Sound.
    row("AudioSource/TriggerLevel", Condition(class::AUDIO_DETECTED), Camera).adds(&[(AUDIO_KIND, "level")]),
    row("AudioAnalytics/Audio/DetectedSound", Sound, Camera),
    // Inputs, outputs and the device.
    row("Device/Sensor/PIR", Condition(class::SENSOR_MOTION), Sensor("sensor")).adds(&[(TECHNOLOGY, "pir")]),
    row("Device/Trigger/DigitalInput", INPUT, Sensor("input")),
    row("Device/Trigger/AlarmIn", INPUT, Sensor("input")),
    row("Device/IO/*", INPUT, Sensor("port")),
    row("Device/Trigger/Relay", Sides(class::OUTPUT_ACTIVATED, class::OUTPUT_DEACTIVATED), Output),
    row("Device/Network/Lost", Sides(class::HEALTH_OFFLINE, class::HEALTH_ONLINE), Device),
    row("Device/HardwareFailure/StorageFailure", Condition(class::HEALTH_STORAGE), Device),
    row("Device/HardwareFailure/FanFailure", FAULT, Device).adds(&[(FAULT_KIND, "fan")]),
    row("Device/HardwareFailure/PowerSupplyFailure", FAULT, Device).adds(&[(FAULT_KIND, "supply")]),
    row("Device/HardwareFailure/TemperatureCritical", FAULT, Device).adds(&[(FAULT_KIND, "temperature")]),
    row("Device/HardwareFailure/*", FAULT, Device).adds(&[(FAULT_KIND, "other")]),
    // Doors.
    row("AccessControl/AccessGranted/*", Changes(class::ACCESS_GRANTED), Door),
    row("AccessControl/AccessTaken/*", Changes(class::ACCESS_TAKEN), Door),
    row("AccessControl/AccessNotTaken/*", Changes(class::ACCESS_NOT_TAKEN), Door),
    row("AccessControl/Denied/CredentialNotFound/*", Changes(class::ACCESS_DENIED), Door)
        .adds(&[(REASON, "unknown_credential")]),
    row("AccessControl/Denied/Authentication/InvalidPIN", Changes(class::ACCESS_DENIED), Door)
        .adds(&[(REASON, "wrong_pin")]),
    row("AccessControl/Denied/*", Changes(class::ACCESS_DENIED), Door),
    row("AccessControl/Request/*", Changes(class::ACCESS_REQUESTED), Door),
    row("AccessControl/Duress/*", Changes(class::DURESS_ALARM), Door),
    row("Credential/State/ApbViolation", Condition(class::ACCESS_PASSBACK_VIOLATED), Door)
        .truth(&["ApbViolation", "State"]),
    row("Configuration/AccessProfile/Changed", Changes(class::ACCESS_RIGHTS_CHANGED), Door)
        .adds(&[(ACTION, "change")]),
    row("Configuration/AccessProfile/Removed", Changes(class::ACCESS_RIGHTS_CHANGED), Door)
        .adds(&[(ACTION, "delete")]),
    row("Configuration/Credential/Changed", Changes(class::CREDENTIAL_CHANGED), Door)
        .adds(&[(ACTION, "change")]),
    row("Configuration/Credential/Removed", Changes(class::CREDENTIAL_REVOKED), Door)
        .adds(&[(ACTION, "delete")]),
    row("Door/State/DoorPhysicalState", Says::Words(Words::Physical), Door),
    row("Door/State/LockPhysicalState", Says::Words(Words::Lock), Door),
    row("Door/State/DoorAlarm", DoorAlarm, Door),
    row("Door/State/DoorMode", DoorMode, Door),
    row("Door/State/DoorTamper", Says::Words(Words::Tamper), Door),
    row("Door/State/DoorFault", Says::Words(Words::Fault), Door).adds(&[(FAULT_KIND, "other")]),
    row("IdPoint/Request/REX", Happens(class::DOOR_EXIT_REQUESTED), Door).adds(&[(CAUSE, "exit_request")]),
    row("IdPoint/Tampering", Condition(class::HEALTH_TAMPER), Door),
    row("AccessPoint/State/Tampering", Condition(class::HEALTH_TAMPER), Door),
];
