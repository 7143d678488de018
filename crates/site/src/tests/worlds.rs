//! Worlds of rule tests.

use super::*;

#[test]
fn the_world_of_the_language_page() {
    let mut world = WorldBuilder::new();
    world.zone("Europe/Paris");
    world.calendar("night", &[Hours { start: "22:00", end: "06:00", on: None }]);
    world.calendar("office hours", &[Hours { start: "08:00", end: "18:00", on: Some("mon-fri") }]);
    world.entity("zone", "Z0", &[("site", "HQ"), ("kind", "public")]);
    world.entity("zone", "Z1", &[("site", "HQ"), ("level", "4")]);
    let door = [("from_zone", "Z0"), ("to_zone", "Z1"), ("monitored", "true"), ("controller", "C1")];
    world.entity("door", "D1", &door);
    world.entity("partition", "A", &[]);
    world.entity("sensor", "S1", &[("zone", "Z1"), ("partition", "A")]);
    world.entity("person", "P1", &[("status", "active")]);
    world.entity("checkpoint", "K3", &[("reader", "R3")]);
    world.entity("tour", "T", &[("checkpoints", "K3")]);
    world.list("scanners", &["10.0.0.5", "10.9.0.0/24"]);
    let model = world.build(key()).unwrap();
    check(&model, "door=D1", "zone", "z1");
    check(&model, "door=d1", "door.controller", "c1");
    check(&model, "sensor=s1", "partition", "a");
    check(&model, "partition=a", "partition.zones.sensors", "s1");
    check(&model, "tour=t", "tour.checkpoints.reader", "r3");
    assert_eq!(model.only_site(), Some("hq"));
    assert!(model.in_calendar("night", "hq", ts("2026-01-10T01:00:00Z")));
    assert!(!model.in_calendar("office hours", "hq", ts("2026-01-10T11:00:00Z")));
    assert!(model.in_calendar("office hours", "nowhere", ts("2026-01-12T07:00:00Z")), "in the zone of now");
    assert!(model.in_list("scanners", &Value::Ip(store_ip("10.9.0.1".parse().unwrap())), ts(NOON)));
}

#[test]
fn an_attribute_written_twice_has_two_values_and_later_facts_override() {
    let mut world = WorldBuilder::new();
    world.entity("camera", "C", &[("views", "z2"), ("views", "z1"), ("recorded", "yes")]);
    world.entity("Camera".to_lowercase().as_str(), "c", &[("views", "z3")]);
    let model = world.build(key()).unwrap();
    check(&model, "camera=c", "camera.views", "z3");
    check(&model, "camera=c", "camera.recorded", "true");
}

#[test]
fn mistakes_name_the_fact_and_its_part() {
    let mut world = WorldBuilder::new();
    world.entity("zone", "z", &[("level", "1")]);
    let kind = world.entity("dor", "d", &[]);
    let name = world.entity("door", "d", &[("monitored", "true"), ("monitord", "true")]);
    let value = world.entity("zone", "y", &[("level", "nine")]);
    let twice = world.entity("sensor", "s", &[("zone", "z"), ("zone", "y")]);
    let hours = world.calendar("c", &[Hours { start: "8", end: "18:00", on: None }]);
    let found = world.build(key()).unwrap_err();
    let places: Vec<_> = found.iter().map(|e| (e.fact, e.part)).collect();
    for place in [(kind, None), (name, Some(1)), (value, Some(0)), (twice, Some(0)), (hours, Some(0))] {
        assert!(places.contains(&place), "{place:?} in {found:#?}");
    }
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found.iter().any(|e| e.help == "did you mean `door`"));
}
