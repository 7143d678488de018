//! The field table: one row a field, envelope first, then entities, then values.
//!
//! The order is part of what is written: content ids run over set fields in this order, so rows are only
//! appended within their block, never sorted anew.

use crate::field::{EnumId, FieldDef, FieldType, Unit};
use crate::kind::Kind::{self, *};
use crate::table::enums::ids as words;
use Unit::*;

macro_rules! fields {
    ($( $NAME:ident $name:literal, $def:expr, $meaning:literal; )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only the places of the rows")]
        enum Place { $( $NAME, )* }

        /// One constant for each field.
        pub mod constants {
            use super::Place;
            use crate::field::FieldId;
            $( #[doc = $meaning] pub const $NAME: FieldId = FieldId(Place::$NAME as u16); )*
        }

        /// The rows.
        pub(crate) const FIELDS: &[FieldDef] = &[ $( $def.named($name, $meaning), )* ];
    };
}

const TEXT: FieldDef = FieldDef::of(FieldType::Text);
const CODE: FieldDef = FieldDef::of(FieldType::Code);
const INT: FieldDef = FieldDef::of(FieldType::Int);
const FLOAT: FieldDef = FieldDef::of(FieldType::Float);
const BOOL: FieldDef = FieldDef::of(FieldType::Bool);
const TIME: FieldDef = FieldDef::of(FieldType::Time);
const DURATION: FieldDef = FieldDef::of(FieldType::Duration);
const IP: FieldDef = FieldDef::of(FieldType::Ip);
const MAC: FieldDef = FieldDef::of(FieldType::Mac);
const GEO: FieldDef = FieldDef::of(FieldType::Geo);
const TEXT_LIST: FieldDef = FieldDef::of(FieldType::TextList);
/// A number of things: never negative.
const COUNT: FieldDef = INT.non_negative();

const fn id(kind: Kind) -> FieldDef {
    FieldDef::of(FieldType::Id(kind))
}

const fn word(of: EnumId) -> FieldDef {
    FieldDef::of(FieldType::Enum(of))
}

fields! {
    // Envelope: what every event has.
    ID "id", CODE.envelope(), "identity of the event, 32 hex digits";
    TS "ts", TIME.envelope(), "when it happened: device time, or `append` if that is missing or impossible";
    APPEND "append", TIME.envelope(), "the broker's time of the record; never overwritten";
    DEVICE_TIME "device_time", TIME.envelope(), "the device's own time when `ts` is not it";
    SITE "site", id(Site).weak().envelope(), "by the topic's site rule";
    SOURCE "source", TEXT.envelope(), "configured id of the sending device or system";
    CLASS "class", CODE.envelope(), "what happened: a class of this table";
    LIFECYCLE "lifecycle", word(words::LIFECYCLE).envelope(), "which part of it: begin, end, repetition";
    NATIVE_CODE "native_code", TEXT.envelope(), "scheme and code as sent: `sia:BA`, `eve:alert`, `win:4625`";
    NATIVE_REASON "native_reason", TEXT.envelope(),
        "the sender's own words where an enum could only say `other`";
    NATIVE_SEVERITY "native_severity", COUNT.envelope(), "0-100; never compared across sources";
    CONFIDENCE "confidence", FLOAT.non_negative().envelope(), "the sender's score, 0-1; absent is not 1";
    TIME_QUALITY "time_quality", word(words::TIME_QUALITY).envelope(), "whose clock `ts` is";
    TZ_ASSUMED "tz_assumed", BOOL.envelope(), "the source gave no time zone; the configured one was used";
    TEST "test", BOOL.envelope(), "inside a test, drill or canary";
    SEQ "seq", INT.envelope(), "the source's own counter; gaps make `health.seq_gap`";
    FROM_SNAPSHOT "from_snapshot", BOOL.envelope(), "a life-safety condition first seen in a snapshot";
    TAGS "tags", TEXT_LIST.envelope(), "free labels of mapping or sender, at most 16";

    // Entities.
    DOOR "door", id(Door).strong(), "door, gate, turnstile, barrier, lift landing";
    ZONE "zone", id(Zone).weak(), "smallest place of the site model: room, corridor, fence segment";
    FROM_ZONE "from_zone", id(Zone).weak(), "side from which the movement comes";
    TO_ZONE "to_zone", id(Zone).weak(), "side to which the movement goes";
    AREA "area", id(Area), "named group of zones: floor, building, fire compartment";
    READER "reader", id(Reader), "the reader; too much hangs on one to link";
    CONTROLLER "controller", id(Controller), "the door controller; too much hangs on one to link";
    PANEL "panel", id(Panel), "the alarm or fire panel; too much hangs on one to link";
    PARTITION "partition", id(Partition), "part of a panel that is armed as one";
    SENSOR "sensor", id(Sensor).strong(), "one detection point; what panel makers call zone or point";
    CAMERA "camera", id(Camera).strong(), "one imager, not its encoder, channel or recorder";
    DEVICE "device", id(Asset).strong(), "the device that the event is about";
    ASSET "asset", id(Asset).strong(), "the protected or moved thing";
    HOST "host", id(Host).strong(), "computer, by agent id or name history";
    SRC_HOST "src.host", id(Host).strong(), "computer that began the connection";
    DST_HOST "dst.host", id(Host).strong(), "computer that was connected to";
    SRC_ASSET "src.asset", id(Asset).strong(), "never sent: the asset that held src.ip at ts";
    DST_ASSET "dst.asset", id(Asset).strong(), "never sent: the asset that held dst.ip at ts";
    PERSON "person", id(Person).strong(), "who; visitors, guards and principals are persons";
    ESCORT "escort", id(Person).strong(), "who accompanies";
    TARGET_PERSON "target.person", id(Person).strong(), "whom the action is done to";
    CREDENTIAL "credential", id(Credential).strong(),
        "facility, number and format, or the salted hash of a UID";
    TARGET_CREDENTIAL "target.credential", id(Credential).strong(), "credential that the action is done to";
    ACCOUNT "account", id(Account).strong(), "login in a directory or product";
    TARGET_ACCOUNT "target.account", id(Account).strong(), "account that the action is done to";
    OPERATOR "operator", id(Account), "who acted at a console of ours or of a security system";
    GUARD "guard", id(Guard), "officer on duty";
    TOUR "tour", id(Tour).strong(), "one guard tour definition";
    CHECKPOINT "checkpoint", id(Checkpoint).weak(), "a point of a tour";
    VEHICLE "vehicle", id(Vehicle).strong(), "a car or truck";
    PLATE "plate", id(Plate).strong(), "licence plate, without blanks and hyphens";
    SRC_IP "src.ip", IP.weak(), "address that began the connection";
    DST_IP "dst.ip", IP.weak(), "address that was connected to";
    ASSIGNED_IP "assigned.ip", IP.weak(), "address that was given out";

    // Values: what happened and why.
    DIRECTION "direction", word(words::DIRECTION), "in = towards `to_zone`, or into the site's network";
    OUTCOME "outcome", word(words::OUTCOME), "only where the class leaves it open";
    REASON "reason", word(words::REASON), "why refused";
    CAUSE "cause", word(words::CAUSE), "what made a state change or bypass";
    ACTION "action", word(words::ACTION), "what was asked for or done";
    INTERFACE "interface", word(words::INTERFACE), "where an action was given";
    ACCESS_METHOD "access.method", word(words::ACCESS_METHOD), "how somebody asked a door";
    AUTH_METHOD "auth.method", word(words::AUTH_METHOD), "how somebody proved an account";
    LOGON_TYPE "logon.type", word(words::LOGON_TYPE), "kind of session; `interactive`: at the machine";
    DOOR_MODE "door.mode", word(words::DOOR_MODE), "mode of the door now";
    DOOR_OLD_MODE "door.old_mode", word(words::DOOR_MODE), "mode of the door before";
    ARM_LEVEL "arm.level", word(words::ARM_LEVEL), "how much is armed";
    ARM_METHOD "arm.method", word(words::ARM_METHOD), "how it was armed or disarmed";
    SCHEDULE_DEVIATION "schedule.deviation", word(words::SCHEDULE_DEVIATION), "against the arming schedule";
    TECHNOLOGY "technology", word(words::TECHNOLOGY),
        "physics of the sensor; two different ones confirm each other";
    DERIVATION "derivation", word(words::DERIVATION), "how the sender knows";
    INTRUSION_KIND "intrusion.kind", word(words::INTRUSION_KIND), "kind of intrusion point";
    FIRE_KIND "fire.kind", word(words::FIRE_KIND), "kind of fire point";
    GAS_KIND "gas.kind", word(words::GAS_KIND), "kind of gas";
    MEDICAL_KIND "medical.kind", word(words::MEDICAL_KIND), "kind of medical call";
    TAMPER_KIND "tamper.kind", word(words::TAMPER_KIND), "what was done to the device, picture or software";
    FAULT_KIND "fault.kind", word(words::FAULT_KIND), "what is out of order";
    OBJECT_KIND "object.kind", word(words::OBJECT_KIND),
        "what was seen; car, truck, bus, motorcycle are vehicles";
    AUDIO_KIND "audio.kind", word(words::AUDIO_KIND), "what was heard";

    // Measurements: one field each, so that its unit is fixed.
    QUANTITY "quantity", word(words::QUANTITY), "which measurement the event is about";
    LIMIT "limit", FLOAT, "limit of `quantity`, in its unit";
    TEMPERATURE "temperature", FLOAT.unit(Celsius), "measured temperature";
    HUMIDITY "humidity", FLOAT.unit(Percent).non_negative(), "relative humidity";
    CONCENTRATION "concentration", FLOAT.unit(PartsPerMillion).non_negative(), "share of a gas";
    LEL "lel", FLOAT.unit(Percent).non_negative(), "share of the lower explosive limit";
    FILL "fill", FLOAT.unit(Percent).non_negative(), "how full a tank or a store is";
    PRESSURE "pressure", FLOAT.unit(Kilopascal), "measured pressure";
    FLOW "flow", FLOAT.unit(LitrePerMinute), "measured flow of a liquid";
    AIRFLOW "airflow", FLOAT.unit(MetrePerSecond), "measured flow of air";
    WIND "wind", FLOAT.unit(MetrePerSecond).non_negative(), "wind speed";
    RAIN "rain", FLOAT.unit(MillimetrePerHour).non_negative(), "rain";
    LIGHTNING "lightning", FLOAT.unit(PerMinute).non_negative(), "strokes of lightning";
    DENSITY "density", FLOAT.unit(PersonPerSquareMetre).non_negative(), "density of a crowd";
    VOLTAGE "voltage", FLOAT.unit(Volt), "measured voltage";
    LOUDNESS "loudness", FLOAT.unit(Decibel), "measured loudness";
    ALTITUDE "altitude", FLOAT.unit(Metre), "height above the ground";
    COUNT "count", COUNT, "things in this event since the last report, never an absolute counter";
    TOTAL "total", COUNT, "running total";
    OCCUPANCY "occupancy", COUNT, "people inside";
    SIZE "size", COUNT.unit(Bytes), "bytes copied or printed";
    OBJECT_ID "object.id", CODE, "track id, unique per run of a camera";
    REGION "region", TEXT, "name of the virtual line or field";
    DURATION "duration", DURATION.non_negative(), "known length";
    ENDED_AT "ended_at", TIME, "known end";
    SPEED "speed", FLOAT.unit(MetrePerSecond).non_negative(), "measured speed";
    GEO "geo", GEO, "fix with its uncertainty";
    SRC_GEO "src.geo", GEO, "place of src.ip with its uncertainty";
    DUE_AT "due_at", TIME, "the plan: when expected";
    LEG "leg", TEXT, "the plan: which leg";
    LEG_MIN "leg.min", DURATION.non_negative(), "the plan: shortest time of the leg";
    LEG_MAX "leg.max", DURATION.non_negative(), "the plan: longest time of the leg";
    NUMBER "number", COUNT, "the plan: place in the order";

    // Networks.
    SRC_PORT "src.port", COUNT, "port that began the connection";
    DST_PORT "dst.port", COUNT, "port that was connected to";
    SRC_MAC "src.mac", MAC, "hardware address that began the connection";
    DST_MAC "dst.mac", MAC, "hardware address that was connected to";
    SRC_COUNTRY "src.country", CODE, "country, ISO 3166 alpha-2";
    SRC_ASN "src.asn", COUNT, "autonomous system of src.ip";
    PROTO "proto", word(words::PROTO), "transport protocol";
    APP "app", CODE, "application protocol or product";
    BYTES_OUT "bytes.out", COUNT.unit(Bytes), "from src to dst";
    BYTES_IN "bytes.in", COUNT.unit(Bytes), "from dst to src";
    PACKETS_OUT "packets.out", COUNT, "from src to dst";
    PACKETS_IN "packets.in", COUNT, "from dst to src";
    HTTP_STATUS "http.status", COUNT, "status code of the answer";
    FILE_SIZE "file.size", COUNT.unit(Bytes), "length of the file";
    PROCESS_ID "process.id", COUNT, "number of the process on its host";
    USER "user", CODE, "as sent, folded; `account` is who that is";
    USER_DOMAIN "user.domain", CODE, "directory part of the user name";
    COMMUNITY_ID "community_id", TEXT, "hash of the five-tuple that several tools share";
    FLOW_ID "flow.id", TEXT, "unique within one run of a sensor only";
    SESSION "session", TEXT, "session id of the sender";
    QUERY "query", CODE, "name asked for";
    QUERY_TYPE "query.type", TEXT, "record type asked for";
    ANSWER "answer", TEXT, "what was answered";
    RCODE "rcode", TEXT, "result code of the answer";
    URL "url", TEXT, "address of the resource";
    HTTP_HOST "http.host", CODE, "host named in the request";
    HTTP_METHOD "http.method", TEXT, "method of the request";
    USER_AGENT "user_agent", TEXT, "what the client says it is";
    REFERRER "referrer", TEXT, "where the client says it comes from";
    TLS_SNI "tls.sni", CODE, "server name in the handshake";
    TLS_VERSION "tls.version", TEXT, "protocol version";
    TLS_ISSUER "tls.issuer", TEXT, "issuer of the certificate";
    TLS_SUBJECT "tls.subject", TEXT, "subject of the certificate";
    TLS_FINGERPRINT "tls.fingerprint", CODE, "hash of the certificate or handshake";
    MAIL_FROM "mail.from", TEXT, "sender of the message";
    MAIL_TO "mail.to", TEXT, "receivers of the message";
    MAIL_SUBJECT "mail.subject", TEXT, "subject of the message";

    // Hosts; `parent` is the process that started it.
    FILE_NAME "file.name", TEXT, "name of the file";
    FILE_PATH "file.path", TEXT, "path of the file";
    FILE_HASH "file.hash", CODE, "hash of the file";
    FILE_TYPE "file.type", TEXT, "type of the file";
    PROCESS_NAME "process.name", TEXT, "name of the program";
    PROCESS_PATH "process.path", TEXT, "path of the program";
    PROCESS_COMMAND "process.command", TEXT, "command line";
    PROCESS_HASH "process.hash", CODE, "hash of the program";
    PARENT_NAME "parent.name", TEXT, "name of the parent's program";
    PARENT_PATH "parent.path", TEXT, "path of the parent's program";
    PARENT_COMMAND "parent.command", TEXT, "command line of the parent";
    REGISTRY_KEY "registry.key", TEXT, "key that was set";
    REGISTRY_VALUE "registry.value", TEXT, "value that was set";
    MODULE_PATH "module.path", TEXT, "path of the loaded module";
    SCRIPT_TEXT "script.text", TEXT, "text of the script";
    SERVICE "service", TEXT, "name of the service or task";
    SIG_ID "sig.id", CODE, "id of another product's detection";
    SIG_NAME "sig.name", TEXT, "name of another product's detection";
    SIG_CATEGORY "sig.category", TEXT, "category of another product's detection";
    TECHNIQUE "technique", CODE, "ATT&CK id";
    LOG_CHANNEL "log.channel", TEXT, "what Sigma calls channel";
    LOG_PROVIDER "log.provider", TEXT, "what Sigma calls provider";
    LOG_EVENT "log.event", CODE, "what Sigma calls event id";
    MESSAGE "message", TEXT, "text for a human";
    SWITCH "switch", id(Asset), "switch that the thing hangs on";
    SWITCH_PORT "switch.port", TEXT, "port of the switch";
    SSID "ssid", TEXT, "name of the wireless network";
    BSSID "bssid", MAC, "radio of the wireless network";

    // Signs of life and quality of data.
    LINK "link", TEXT, "signalling path";
    PATHS_LEFT "paths.left", COUNT, "signalling paths that are still up";
    BATTERY "battery", FLOAT.unit(Percent).non_negative(), "charge of the battery";
    OFFSET "offset", DURATION, "source clock minus ours";
    EXPECTED "expected", DURATION.non_negative(), "interval at which a sign of life was due";
    GAP_FROM "gap.from", TIME, "begin of the span without data";
    GAP_TO "gap.to", TIME, "end of the span without data";
    GAP_FIRST "gap.first", COUNT, "first number missing";
    GAP_LAST "gap.last", COUNT, "last number missing";
    MISSING "missing", COUNT, "how many numbers are missing";
    CLOCK_KIND "clock.kind", word(words::CLOCK_KIND), "what the clock did";
    QUALITY_KIND "quality.kind", word(words::QUALITY_KIND), "what is wrong with the data";
    CONFIG_ITEM "config.item", word(words::CONFIG_ITEM), "what was configured";

    // Operations.
    CHECK_KIND "check.kind", word(words::CHECK_KIND), "kind of check-in";
    ITEM_KIND "item.kind", word(words::ITEM_KIND), "what is to be reverted";
    MODE "mode", CODE, "operating mode";
    MODE_KIND "mode.kind", word(words::MODE_KIND), "kind of operating mode";
    OWNER "owner", TEXT, "who set it";
    UNTIL "until", TIME, "when it reverts";
    SCOPE "scope", CODE, "the entity it covers; missing = the whole site";
    TEST_KIND "test.kind", word(words::TEST_KIND), "kind of test";
    WORK_KIND "work.kind", word(words::WORK_KIND), "kind of work order";
    PERMIT_KIND "permit.kind", word(words::PERMIT_KIND), "kind of permit";
    ITEM "item", CODE, "id of the item to be reverted";
    TICKET "ticket", CODE, "id of the ticket or work order";
    PERMIT "permit", CODE, "id of the permit";
    VISIT "visit", CODE, "id of the visit";
    POST "post", CODE, "id of the post";
    SEARCH "search", CODE, "id of the search";
    AGENCY "agency", CODE, "who was told";
    RESOURCE "resource", CODE, "who or what responds";
    SUBSTANCE "substance", TEXT, "what was found";
    MATCH_LIST "match.list", TEXT, "the sender's own watch list that matched";
    ARMED "armed", BOOL, "as the sender says";
    RESTRICTED "restricted", BOOL, "not for wall displays or the one it names";
    LIFE_SAFETY "life_safety", BOOL, "carried by alerts and incidents";
    SEVERITY "severity", word(words::SEVERITY), "of rules, alerts and incidents only";
    RULE "rule", CODE, "name of the rule";
    TITLE "title", TEXT, "title of the alert";
    INCIDENT "incident", CODE, "id of the incident";
    INCIDENT_TYPE "incident.type", CODE, "type of the incident";
    SCORE "score", COUNT, "0-100";
    STATUS "status", word(words::STATUS), "of a person, by the personnel feed";
    VERDICT "verdict", word(words::VERDICT), "disposition";
    VERDICT_CAUSE "verdict.cause", word(words::VERDICT_CAUSE), "what made it";
    VERDICT_METHOD "verdict.method", word(words::VERDICT_METHOD), "how it was verified";
    VERDICT_LEVEL "verdict.level", COUNT, "alarm level 0-4 of AVS-01";
}
