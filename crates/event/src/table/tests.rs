//! The table agrees with itself, with the pages made of it, and with every name that the design uses.

use crate::class::{self, ClassDef, ClassId, Form, Lifecycle};
use crate::field::{self, EnumId, FieldId, FieldType, Link};
use crate::kind::Kind;
use crate::relation::{self, Implied, Target};
use crate::schema;
use crate::table::{lateness, reporters};
use std::collections::BTreeSet;
use std::path::Path;

/// Every class that the catalogue of rules reads.
const CATALOGUE: &str = "
    door.forced access.granted door.exit_requested any.presence intrusion.alarm door.held video.counted access.taken
    video.line_crossed access.passback_violated access.denied duress.alarm visitor.due_out visitor.left
    access.not_taken access.rights_changed intrusion.confirmed sensor.motion panel.armed panel.entry_started
    panel.disarmed intrusion.exit_error intrusion.recent_close health.tamper health.path_lost workorder.opened
    sensor.opened panel.arm_due panic.alarm holdup.alarm panel.wrong_code door.unlocked weather.observed fire.alarm
    door.opened asset.moved evacuation.started muster.checked_in fire.supervisory chemical.alarm symptom.reported
    hvac.stopped explosive.alarm gas.alarm video.object_left video.crowd threat.bomb_reported video.loitering
    video.tamper video.loss health.offline net.port_down audio.gunshot video.weapon video.crowd_running video.person
    plate.read drone.detected health.recording_gap incident.opened net.scan door.commanded auth.login auth.elevated
    door.mode_changed net.port_up net.mac_new auth.failed device.config_changed health.clock_skew log.cleared
    log.stopped health.silent malware.found data.encrypted service.stopped vpn.connected host.device_attached
    person.status_changed data.copied data.printed api.called health.power_lost any.lost any.alarm visitor.arrived
    wifi.attack tour.checkpoint_due tour.checkpoint tour.checkpoint_missed checkin.due checkin.received
    person.man_down checkin.missed coverage.lost incident.acknowledged incident.resolved incident.closed
    operator.view_evidence disposition.received operator.shelve search.completed agency.notified medical.alarm
    response.on_scene lockdown.started door.locked warning.received person.route_deviated zone.occupancy_counted
    screening.passed mode.item_due mode.item_reverted";

/// Every class that keeps a standard state, is a substitute for an old name, or stands in an example rule.
const STATES_AND_EXAMPLES: &str = "
    panel.armed panel.disarmed door.opened door.closed door.locked door.unlocked door.mode_changed health.online
    health.offline health.silent video.loss access.taken access.granted visitor.arrived visitor.left post.staffed
    post.vacated shift.started shift.ended operator.logged_on operator.logged_off operator.shelve operator.unshelve
    test.started test.ended maintenance.started maintenance.ended workorder.opened workorder.closed permit.opened
    permit.closed mode.started mode.ended lockdown.started lockdown.ended evacuation.started evacuation.ended
    unclassified credential.changed health.heartbeat intrusion.alarm panel.arm_overdue water.leak
    health.battery_low video.object ids.alert response.dispatched auth.failed tour.cancelled host.log net.flow
    health.seq_gap health.data_quality operator.raise net.lease any.life_safety";

/// Every path of the example rules, from its first kind.
const PATHS: &str = "
    door.controller door.monitored door.to_zone.kind door.from_zone.level door.cameras door.id zone.doors zone.level
    zone.kind zone.adjacent zone.areas sensor.asset.sensors sensor.zone.adjacent partition.zones.sensors
    credential.person checkpoint.reader camera.views asset.kind tour.checkpoints site.release_doors
    person.status credential.last_used person.principal_sites site.geo credential.class account.privileged
    host.asset.owner device.zone plate.vehicle.person zone.sensors.technology asset.criticality";

fn defs() -> impl Iterator<Item = (ClassId, &'static ClassDef)> {
    class::all().filter_map(|class| Some((class, class.def()?)))
}

#[test]
fn every_class_of_the_catalogue_exists() {
    for name in CATALOGUE.split_whitespace().chain(STATES_AND_EXAMPLES.split_whitespace()) {
        assert!(class::by_name(name).is_some() || class::group(name).is_some(), "{name}");
    }
}

#[test]
fn every_path_of_the_examples_walks() {
    for path in PATHS.split_whitespace() {
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        let mut at = match (Kind::by_name(first), field::by_name(first).map(|field| field.def().ty)) {
            (Some(kind), _) | (None, Some(FieldType::Id(kind))) => Target::Entity(kind),
            _ => panic!("{path} starts at no entity"),
        };
        for name in names {
            let Target::Entity(kind) = at else { panic!("{path} goes on after a value") };
            at = relation::of(kind, name).unwrap_or_else(|| panic!("{path} stops at {name}")).to;
        }
    }
}

#[test]
fn class_names_are_unique_and_find_their_class() {
    let names: BTreeSet<_> = defs().map(|(_, def)| def.name).collect();
    assert_eq!(names.len(), class::all().count());
    for (id, def) in defs() {
        assert_eq!(class::by_name(def.name), Some(id));
        assert!(class::noun(def.noun()).any(|known| known == id));
        assert!(def.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.'), "{}", def.name);
        assert_eq!(def.name.matches('.').count(), usize::from(id != class::UNCLASSIFIED), "{}", def.name);
    }
    assert_eq!(class::by_name("door.exploded"), None);
    assert_eq!(class::group("any.thing"), None);
}

#[test]
fn constants_name_their_rows() {
    assert_eq!(class::DOOR_FORCED.def().map(|def| def.name), Some("door.forced"));
    assert_eq!(class::UNCLASSIFIED.def().map(|def| def.name), Some("unclassified"));
    assert_eq!(field::SRC_IP.name(), "src.ip");
    assert_eq!(field::VERDICT_LEVEL.name(), "verdict.level");
    assert_eq!(field::BYTES_OUT.def().unit.symbol(), "B");
    assert_eq!(field::ZONE.def().link, Link::Weak);
}

#[test]
fn required_fields_are_listed_and_each_field_once() {
    for (_, def) in defs() {
        let listed: BTreeSet<_> = def.fields.iter().collect();
        assert_eq!(listed.len(), def.fields.len(), "{} lists a field twice", def.name);
        assert!(def.fields.iter().all(|field| !field.def().envelope), "{}", def.name);
        for field in def.required.iter().copied().flatten() {
            assert!(listed.contains(field) || field.def().envelope, "{}: {}", def.name, field.name());
        }
    }
}

#[test]
fn sides_come_in_pairs_and_end_each_other() {
    for (id, def) in defs() {
        match def.other_side() {
            None => assert_ne!(def.form, Form::Side, "{}", def.name),
            Some(other) => {
                let other_def = other.def().expect("the other side has a row");
                assert_ne!(other, id);
                assert_eq!(other_def.other_side(), Some(id), "{}", def.name);
                assert_eq!(other_def.noun(), def.noun());
            }
        }
    }
    assert_eq!(class::DOOR_OPENED.def().and_then(ClassDef::other_side), Some(class::DOOR_CLOSED));
    assert_eq!(class::SEARCH_COMPLETED.def().and_then(ClassDef::other_side), Some(class::SEARCH_STARTED));
}

#[test]
fn classes_of_rules_keep_their_rule() {
    for rule in [0, 1, 4711, (1 << 29) - 1] {
        assert_eq!(ClassId::alert(rule).as_alert(), Some(rule));
        assert_eq!(ClassId::alert(rule).as_detection(), None);
        assert_eq!(ClassId::detection(rule).as_detection(), Some(rule));
        assert_eq!(ClassId::detection(rule).as_alert(), None);
        assert_eq!(ClassId::alert(rule).def(), None);
    }
    assert!(class::all().all(|class| class.as_alert().is_none() && class.as_detection().is_none()));
    assert_eq!(ClassId(u32::MAX).def(), None);
}

#[test]
fn marks_are_those_of_the_page() {
    let covert: Vec<_> = defs().filter(|(_, def)| def.covert).map(|(_, def)| def.name).collect();
    assert_eq!(covert, ["holdup.alarm", "duress.alarm"]);
    let life_safety = class::group("any.life_safety").expect("a group of the page");
    for class in [class::FIRE_ALARM, class::PANIC_ALARM, class::LOCKDOWN_ENDED, class::CHECKIN_DUE] {
        assert!(life_safety.contains(&class));
        assert!(class::group("any.alarm").is_some_and(|alarm| alarm.contains(&class)));
    }
    assert!(!life_safety.contains(&class::FIRE_SUPERVISORY));
    assert!(!life_safety.contains(&class::DOOR_FORCED));
    for name in class::GROUPS {
        let members = class::group(name).expect("a listed group");
        assert_eq!(members.iter().collect::<BTreeSet<_>>().len(), members.len(), "{name}");
    }
}

#[test]
fn forms_fix_lifecycles() {
    let named = |form: Form| -> Vec<_> {
        Lifecycle::ALL.iter().filter(|lifecycle| form.allows(**lifecycle)).map(|l| l.name()).collect()
    };
    assert_eq!(named(Form::Once), ["new", "update", "cancel", "test"]);
    assert_eq!(named(Form::Side), ["new", "update", "snapshot", "test"]);
    assert_eq!(named(Form::Beat), ["new"]);
    assert_eq!(named(Form::Point).len(), Lifecycle::ALL.len());
    assert!(!Form::Span.allows(Lifecycle::Bypass));
    assert!(Form::Span.allows(Lifecycle::Restore));
}

#[test]
fn field_names_are_unique_and_find_their_field() {
    for field in field::all() {
        assert_eq!(field::by_name(field.name()), Some(field));
        assert!(!field.def().meaning.is_empty());
    }
    assert_eq!(field::all().count(), field::len());
    assert_eq!(field::by_name("nonsense"), None);
    assert_eq!(FieldId(u16::MAX).def(), field::ID.def());
}

#[test]
fn words_find_their_place() {
    for of in EnumId::all() {
        for (index, value) in of.def().values.iter().enumerate() {
            let index = u16::try_from(index).expect("short lists");
            assert_eq!(of.index_of(value), Some(index), "{} lists {value} twice", of.def().name);
            assert_eq!(of.value(index), Some(*value));
        }
        assert_eq!(of.index_of("no such word"), None);
        assert_eq!(of.value(u16::MAX), None);
    }
    let FieldType::Enum(lifecycle) = field::LIFECYCLE.def().ty else { panic!("lifecycle is an enum") };
    let names: Vec<_> = Lifecycle::ALL.iter().map(|lifecycle| lifecycle.name()).collect();
    assert_eq!(lifecycle.def().values, names);
    assert!(Lifecycle::ALL.iter().all(|known| Lifecycle::by_name(known.name()) == Some(*known)));
    let FieldType::Enum(reason) = field::REASON.def().ty else { panic!("reason is an enum") };
    assert_eq!(reason.fallback().and_then(|index| reason.value(index)), Some("other"));
    let FieldType::Enum(direction) = field::DIRECTION.def().ty else { panic!("direction is an enum") };
    assert_eq!(direction.fallback().and_then(|index| direction.value(index)), Some("unknown"));
}

#[test]
fn severity_is_ordered_from_the_least() {
    let FieldType::Enum(severity) = field::SEVERITY.def().ty else { panic!("severity is an enum") };
    assert!(severity.def().ordered);
    assert!(severity.index_of("critical") > severity.index_of("high"));
    assert!(severity.index_of("low") > severity.index_of("maintenance"));
}

#[test]
fn kinds_find_themselves() {
    for kind in Kind::ALL {
        assert_eq!(Kind::by_name(kind.name()), Some(*kind));
        assert!(field::by_name(kind.name()).is_some_and(|field| field.def().ty == FieldType::Id(*kind)));
    }
    assert!(Kind::Camera.is_asset());
    assert!(!Kind::Door.is_asset());
}

#[test]
fn no_kind_has_two_relations_of_one_name() {
    for kind in Kind::ALL {
        let names: Vec<_> = relation::names(*kind).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}: {names:?}", kind.name());
    }
}

#[track_caller]
fn check_way(way: Implied, kind: Kind) {
    let leads_to = match way {
        Implied::Field(field) => Some(field.def().ty),
        Implied::Login { app, domain, user } => {
            assert!([app, domain, user].iter().all(|field| field.def().ty == FieldType::Code));
            return;
        }
        Implied::Via(field, name) => {
            let step = match field.def().ty {
                FieldType::Id(from) => relation::of(from, name),
                _ => relation::of_field(field, name),
            };
            step.and_then(|step| match step.to {
                Target::Entity(kind) => Some(FieldType::Id(kind)),
                Target::Attribute(_) => None,
            })
        }
    };
    let Some(FieldType::Id(reached)) = leads_to else { panic!("{way:?} leads to no entity") };
    assert!(reached == kind || (kind == Kind::Asset && reached.is_asset()), "{way:?} leads to {reached:?}");
}

#[test]
fn implied_entities_are_of_the_kind_they_stand_for() {
    for (kind, ways) in relation::IMPLIED {
        ways.iter().for_each(|way| check_way(*way, *kind));
    }
    for (field, ways) in relation::IMPLIED_FIELDS {
        let FieldType::Id(kind) = field.def().ty else { panic!("{} is no entity", field.name()) };
        ways.iter().for_each(|way| check_way(*way, kind));
    }
    assert!(relation::implied(Kind::Credential).is_empty());
    assert_eq!(relation::implied(Kind::Zone).len(), 13);
}

#[test]
fn reporters_speak_of_nouns_that_exist() {
    for noun in reporters::SAME_AS.iter().flat_map(|row| row.nouns) {
        assert!(class::noun(noun).next().is_some(), "{noun}");
    }
    assert_eq!(reporters::same_as("door").map(|row| row.window_s), Some(5));
    assert_eq!(reporters::same_as("weather"), None);
}

#[test]
fn lateness_goes_by_format_then_type() {
    assert_eq!(lateness::of("zeek", "conn"), Some(330));
    assert_eq!(lateness::of("zeek", "dns"), Some(90));
    assert_eq!(lateness::of("zeek", "notice"), Some(10));
    assert_eq!(lateness::of("suricata", "flow"), Some(60));
    assert_eq!(lateness::of("suricata", "alert"), Some(10));
    assert_eq!(lateness::of("uhppote", "events"), Some(900));
    assert_eq!(lateness::of("uhppote", "events/live"), Some(10));
    assert_eq!(lateness::of("mapped", ""), Some(900));
    assert_eq!(lateness::of("nozomi", ""), None);
}

#[track_caller]
fn check_page(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("WATCHFLOOR_UPDATE").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("a file in a folder"))
            .expect("make the folder of the page");
        std::fs::write(&path, wanted).expect("write the page");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/{file} is stale: run this test with WATCHFLOOR_UPDATE=1");
}

#[test]
fn the_reference_page_is_what_the_table_says() {
    check_page("classes.md", &schema::reference_page());
}

#[test]
fn the_json_schema_is_what_the_table_says() {
    let text = schema::json_schema();
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let properties = parsed["properties"].as_object().expect("properties are an object");
    assert_eq!(properties.len(), field::len() + 2);
    assert_eq!(parsed["allOf"].as_array().map(Vec::len), Some(class::all().count()));
    check_page("schema/event.schema.json", &text);
}
