//! What a sound model answers.

use super::*;

#[test]
fn the_example_of_the_contract_parses_without_a_finding() {
    let (model, found) = parse(HARBOUR);
    assert_eq!(shown(&found), "");
    let model = model.unwrap();
    assert_eq!(model.site_ids().collect::<Vec<_>>(), ["harbour"]);
    assert_eq!(model.only_site(), Some("harbour"));
    assert_eq!(model.time_zone("Harbour").iana_name(), Some("Europe/Paris"));
    assert_eq!(model.partition_of_site("harbour", 3), 0);
    assert!(model.is_hub("lobby") && model.is_hub("Lobby") && !model.is_hub("vault"));
    assert_eq!(model.clock_error("c1"), Duration::from_millis(500));
    assert_eq!(model.clock_error("c2"), Duration::ZERO);
    assert_eq!(model.alias("panel-7", "0012", ts(NOON)), Some((Kind::Sensor, "s1")));
    assert_eq!(model.alias("panel-7", "12", ts(NOON)), None);
}

#[test]
fn attributes_have_the_types_of_the_class_table() {
    let model = model(HARBOUR);
    check(&model, "door=D1", "door.monitored", "true");
    check(&model, "door=d1", "door.hold_limit", "30s");
    check(&model, "door=d1", "door.to_zone.level", "5");
    check(&model, "door=d1", "door.id", "d1");
    check(&model, "asset=host-c1", "asset.ips", "10.0.5.20");
    check(&model, "asset=host-c1", "asset.criticality", "70");
    check(&model, "site=harbour", "site.geo", "48100000,-1680000,0");
    check(&model, "site=harbour", "site.country", "fr");
    check(&model, "sensor=s1", "sensor.technology", "#1");
    let at = ts(NOON);
    assert_eq!(model.attribute(Kind::Person, "30", "status", at), Some(Value::Enum(0)));
    assert!(matches!(
        model.attribute(Kind::Door, "D1", "controller", at),
        Some(Value::Text(Text { text: "c1", .. }))
    ));
    assert_eq!(model.attribute(Kind::Door, "d9", "controller", at), None);
    assert!(model.entity(Kind::Door, "D1", at) && !model.entity(Kind::Door, "d9", at));
    assert!(model.entity(Kind::Asset, "cam1", at), "a device is an asset");
}

#[test]
fn relations_are_read_from_either_side() {
    let model = model(HARBOUR);
    check(&model, "door=d1", "door.controller", "c1");
    check(&model, "controller=c1", "controller.doors", "d1");
    check(&model, "door=d1", "door.zones", "lobby vault");
    check(&model, "door=d1", "door.readers", "r1");
    check(&model, "door=d1", "door.cameras", "cam1");
    check(&model, "reader=r1", "reader.controller", "c1");
    check(&model, "zone=vault", "zone.doors", "d1");
    check(&model, "zone=vault", "zone.sensors", "s1");
    check(&model, "zone=vault", "zone.cameras", "cam1");
    check(&model, "zone=vault", "zone.adjacent", "lobby");
    check(&model, "zone=lobby", "zone.areas", "building-a");
    check(&model, "zone=lobby", "zone.partitions", "p1-a");
    check(&model, "zone=lobby", "zone.assets", "c1 cam1 host-c1 p1");
    check(&model, "area=building-a", "area.zones", "lobby");
    check(&model, "area=building-a", "area.site", "harbour");
    check(&model, "site=harbour", "site.doors", "d1");
    check(&model, "site=harbour", "site.partitions", "p1-a");
    check(&model, "sensor=s1", "sensor.panel", "p1");
    check(&model, "panel=p1", "panel.sensors", "s1");
    check(&model, "panel=p1", "panel.zones", "lobby");
    check(&model, "partition=p1-a", "partition.zones.sensors", "");
    check(&model, "credential=100:4711", "credential.person", "30");
    check(&model, "account=jdoe", "account.person.home_site", "harbour");
    check(&model, "checkpoint=k1", "checkpoint.tours", "night");
    check(&model, "tour=night", "tour.checkpoints", "k1");
    check(&model, "host=host-c1", "host.asset", "");
    check(&model, "host=host-c1", "host.zone", "lobby");
}

#[test]
fn an_event_implies_entities_by_the_first_way_that_is_known() {
    let model = model(HARBOUR);
    check(&model, "zone=lobby sensor=s1", "zone", "lobby");
    check(&model, "to_zone=lobby sensor=s1", "zone", "lobby");
    check(&model, "sensor=s1 door=d1 camera=cam1", "zone", "vault");
    check(&model, "door=d1 camera=cam1", "zone", "vault");
    check(&model, "reader=r1", "zone", "vault");
    check(&model, "camera=cam1", "zone", "lobby vault");
    check(&model, "device=host-c1", "zone", "lobby");
    check(&model, "panel=p1", "zone", "lobby");
    check(&model, "host=host-c1", "zone", "lobby");
    check(&model, "dst.ip=10.0.5.20 src.ip=10.0.5.21", "zone", "lobby");
    check(&model, "src.ip=10.0.5.20", "zone", "lobby");
    check(&model, "sensor=s9 door=d9", "zone", "");
    check(&model, "reader=r1", "door", "d1");
    check(&model, "door=d9 reader=r1", "door", "d9");
    check(&model, "sensor=s1", "partition", "p1-a");
    check(&model, "sensor=s1", "panel", "p1");
    check(&model, "partition=p1-a", "panel", "p1");
    check(&model, "reader=r1", "controller", "c1");
    check(&model, "door=d1", "area", "");
    check(&model, "zone=lobby", "area", "building-a");
    check(&model, "credential=100:4711", "person", "30");
    check(&model, "user=jdoe", "account", "jdoe");
    check(&model, "user=jdoe user.domain=corp", "person", "30");
    check(&model, "user=nobody", "person", "");
    check(&model, "site=elsewhere", "site", "elsewhere");
}

/// `known` walks from way to way and relies on it.
#[test]
fn the_ways_to_imply_an_entity_have_no_circle() {
    fn walk(kind: Kind, depth: usize) {
        assert!(depth < 8, "{kind:?} implies itself");
        for way in relation::implied(kind) {
            if let Implied::Via(field, _) = way
                && let FieldType::Id(next) = field.def().ty
                && field.name() == next.name()
            {
                walk(next, depth + 1);
            }
        }
    }
    Kind::ALL.iter().for_each(|kind| walk(*kind, 0));
}

#[test]
fn an_account_is_known_by_as_much_of_the_login_as_it_is_bound_to() {
    let text = "accounts: [{id: jdoe}, {id: 'corp\\jdoe'}, {id: v1, user: jdoe, app: vpn}, {id: jdoe@lab, privileged: true}]";
    let model = model(text);
    check(&model, "user=JDoe", "account", "jdoe");
    check(&model, "user=jdoe user.domain=corp", "account", "corp\\jdoe");
    check(&model, "user=jdoe user.domain=lab", "account.privileged", "true");
    check(&model, "user=jdoe user.domain=other", "account", "jdoe");
    check(&model, "user=jdoe app=vpn", "account", "v1");
}

#[test]
fn a_device_is_an_asset_under_the_same_id() {
    let model = model(
        "zones: [{id: z}]\ncontrollers: [{id: c1, zone: z, ips: [10.0.0.1], kind: access_controller}]\n\
         cameras: [{id: cam, views: [z]}]\nassets: [{id: cam, zone: z, criticality: 90}, {id: art, zone: z, kind: art}]\n\
         sensors: [{id: s, zone: z, asset: art}]\nhosts: [{id: h, ips: ['fd00::1']}]\n",
    );
    check(&model, "dst.ip=10.0.0.1", "dst.asset", "c1");
    check(&model, "dst.ip=10.0.0.1", "dst.asset.kind", "#0");
    check(&model, "dst.ip=10.0.0.1", "dst.ip.asset.zone", "z");
    check(&model, "src.ip=fd00::1", "src.asset", "h");
    check(&model, "camera=cam", "camera.criticality", "90");
    check(&model, "device=cam", "device.zone", "z");
    check(&model, "camera=cam", "device", "cam");
    check(&model, "sensor=s camera=cam", "device", "s");
    check(&model, "asset=art", "asset.sensors", "s");
    check(&model, "asset=art", "asset.devices", "s");
    check(&model, "sensor=s", "sensor.assets", "art");
    check(&model, "host=h", "host.asset", "h");
}

#[test]
fn an_address_belongs_to_the_longest_prefix_then_to_the_site_of_the_event() {
    let model = model(
        "sites: [{id: a, time_zone: UTC}, {id: b, time_zone: UTC}]\nzones: [{id: za, site: a}, {id: zb, site: b}]\n\
         assets:\n- {id: wide, zone: za, ips: [10.0.0.0/8]}\n- {id: near, zone: za, ips: [10.1.0.0/16, 2001:db8::7]}\n\
         - {id: one-a, zone: za, ips: [10.1.0.7, 192.0.2.1]}\n- {id: one-b, zone: zb, ips: [10.1.0.7]}\n- {id: none, ips: [10.2.0.0/16]}\n",
    );
    check(&model, "site=a dst.ip=10.1.0.7", "dst.asset", "one-a");
    check(&model, "site=b dst.ip=10.1.0.7", "dst.asset", "one-b");
    check(&model, "site=a dst.ip=10.1.9.9", "dst.asset", "near");
    check(&model, "site=a dst.ip=10.9.9.9", "dst.asset", "wide");
    check(&model, "site=b dst.ip=10.9.9.9", "dst.asset", "");
    check(&model, "site=b dst.ip=10.2.9.9", "dst.asset", "none");
    check(&model, "site=b dst.ip=192.0.2.1", "dst.asset", "one-a");
    check(&model, "site=b src.ip=2001:db8::7", "src.asset", "near");
    check(&model, "site=a dst.ip=172.16.0.1", "dst.asset", "");
}

#[test]
fn what_follows_holds_while_all_it_follows_from_holds() {
    let model = model(
        "sites: [{id: s, time_zone: UTC}]\nzones: [{id: old}, {id: new}]\n\
         doors:\n- {id: d, to_zone: old, valid_to: 2026-06-01T00:00:00Z}\n\
         - {id: d, to_zone: new, valid_from: 2026-06-01T00:00:00Z, valid_to: 2026-09-01T00:00:00Z}\n\
         cameras: [{id: c, views: [old, new], valid_from: 2026-03-01T00:00:00Z}]\n\
         assets: [{id: a1, ips: [10.0.0.1], valid_to: 2026-06-01T00:00:00Z}, {id: a2, ips: [10.0.0.1], valid_from: 2026-06-01T00:00:00Z}]\n",
    );
    check(&model, "door=d ts=2026-05-31T23:59:59.9Z", "zone", "old");
    check(&model, "door=d ts=2026-06-01T00:00:00Z", "zone", "new");
    check(&model, "door=d ts=2026-09-01T00:00:00Z", "zone", "");
    check(&model, "zone=old ts=2026-05-01T00:00:00Z", "zone.doors", "d");
    check(&model, "zone=old ts=2026-07-01T00:00:00Z", "zone.doors", "");
    check(&model, "door=d ts=2026-02-01T00:00:00Z", "door.cameras", "");
    check(&model, "door=d ts=2026-04-01T00:00:00Z", "door.cameras", "c");
    check(&model, "src.ip=10.0.0.1 ts=2026-05-31T00:00:00Z", "src.asset", "a1");
    check(&model, "src.ip=10.0.0.1 ts=2026-06-01T00:00:00Z", "src.asset", "a2");
    assert!(model.entity(Kind::Door, "d", ts("2026-08-01T00:00:00Z")));
    assert!(!model.entity(Kind::Door, "d", ts("2026-09-01T00:00:00Z")));
}

#[test]
fn many_values_are_the_first_eight_by_id_and_a_fan_out_has_more() {
    let sensors: Vec<String> = (0..20).rev().map(|n| format!("{{id: s{n:02}, zone: z}}")).collect();
    let model = model(&format!("zones: [{{id: z}}]\nsensors: [{}]\n", sensors.join(", ")));
    check(&model, "zone=z", "zone.sensors", "s00 s01 s02 s03 s04 s05 s06 s07");
    let (row, mut out) = (event("zone=z"), Vec::new());
    let path = path("zone.sensors");
    assert_eq!(model.follow(row.as_ref(), &path, &mut out), Resolved::Cut);
    assert_eq!(out.len(), 8);
    out.clear();
    assert_eq!(model.members(row.as_ref(), &path, &mut out), Resolved::All);
    assert_eq!(out.len(), 20);
}

#[test]
fn zones_are_next_to_each_other_by_doors_and_openings() {
    let model = model(
        "zones: [{id: a, adjacent: [b]}, {id: b}, {id: c, one_way_to: [d]}, {id: d}, {id: e}]\n\
         doors: [{id: d1, from_zone: b, to_zone: c}, {id: d2, from_zone: d, to_zone: e, one_way: true}]\n",
    );
    check(&model, "zone=b", "zone.adjacent", "a c");
    check(&model, "zone=a", "zone.adjacent", "b");
    check(&model, "zone=c", "zone.adjacent", "b d");
    check(&model, "zone=d", "zone.adjacent", "e");
    check(&model, "zone=e", "zone.adjacent", "");
    check(&model, "zone=a", "zone.adjacent.adjacent", "a c");
}

#[test]
fn areas_nest_and_pass_on_their_site() {
    let model = model(
        "sites: [{id: s1, time_zone: UTC}, {id: s2, time_zone: UTC}]\n\
         zones: [{id: room, parent: floor}, {id: floor, parent: building, site: s2}, {id: other, site: s1}]\n\
         areas: [{id: fire-1, site: s1, zones: [other]}]\n",
    );
    check(&model, "zone=room", "zone.areas", "building floor");
    check(&model, "zone=room", "zone.site", "s2");
    check(&model, "area=building", "area.zones", "floor room");
    check(&model, "area=building", "area.site", "s2");
    check(&model, "zone=other", "zone.areas", "fire-1");
}

#[test]
fn shared_credentials_stand_for_nobody() {
    let (model, found) = parse("people: [{id: a, credentials: [k1, k2]}, {id: b, credentials: [k1]}]\n");
    let model = model.unwrap();
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["SM053"]);
    check(&model, "credential=k1", "person", "");
    check(&model, "credential=k2", "person", "a");
    check(&model, "person=b", "person.credentials", "k1");
}

#[test]
fn calendars_are_those_of_the_site_of_the_event() {
    let model = model(
        "sites: [{id: paris, time_zone: Europe/Paris}, {id: york, time_zone: America/New_York}]\n\
         calendars:\n- {id: Office, weekly: {mon-fri: ['08:00-18:00']}}\n\
         - {id: night, site: paris, weekly: {daily: ['22:00-06:00']}}\n",
    );
    assert!(model.has_calendar("office") && model.has_calendar("OFFICE") && !model.has_calendar("holiday"));
    assert!(model.in_calendar("office", "paris", ts("2026-01-12T07:30:00Z")));
    assert!(!model.in_calendar("office", "york", ts("2026-01-12T07:30:00Z")));
    assert!(model.in_calendar("office", "york", ts("2026-01-12T22:59:59Z")));
    assert!(model.in_calendar("night", "paris", ts("2026-01-12T04:59:59Z")));
    assert!(!model.in_calendar("night", "york", ts("2026-01-12T04:59:59Z")));
    assert!(!model.in_calendar("holiday", "paris", ts(NOON)));
}

#[test]
fn lists_hold_values_of_their_type_until_they_expire() {
    let model = model(
        "lists:\n- {id: scanners, type: ip, owner: net, entries: [10.0.0.5, {value: 10.9.0.0/24, until: 2027-01-01T00:00:00Z}]}\n\
         - {id: vips, type: person, entries: ['30', P7]}\n- {id: ports, type: int, entries: [22, 3389]}\n\
         - {id: words, type: text, entries: [mimikatz, PsExec]}\n- {id: plates, type: plate, entries: ['AB-123 CD']}\n\
         - {id: radios, type: mac, entries: [00-1A-2B-3C-4D-5E]}\n",
    );
    let symbols = key();
    let text = |text: &'static str| Value::Text(Text { symbol: symbols.symbol(text), text });
    let ip = |ip: &str| Value::Ip(store_ip(ip.parse().unwrap()));
    let (now, later) = (ts(NOON), ts("2027-01-01T00:00:00Z"));
    assert!(model.in_list("scanners", &ip("10.0.0.5"), later));
    assert!(
        model.in_list("scanners", &ip("10.9.0.77"), now)
            && !model.in_list("scanners", &ip("10.9.0.77"), later)
    );
    assert!(
        !model.in_list("scanners", &ip("10.8.0.1"), now)
            && !model.in_list("scanners", &text("10.0.0.5"), now)
    );
    assert!(model.in_list("vips", &text("p7"), now) && model.in_list("vips", &text("30"), now));
    assert!(model.in_list("ports", &Value::Int(22), now) && !model.in_list("ports", &Value::Int(23), now));
    assert!(model.in_list("words", &text("psexec"), now) && !model.in_list("none", &text("psexec"), now));
    assert!(
        model.in_list("plates", &text("ab123cd"), now)
            && model.in_list("radios", &text("00:1a:2b:3c:4d:5e"), now)
    );
    assert_eq!(model.list("words").unwrap().texts(now).collect::<Vec<_>>(), ["mimikatz", "PsExec"]);
    assert_eq!(model.list("vips").unwrap().ty(), FieldType::Id(Kind::Person));
    assert_eq!(model.list("scanners").unwrap().owner(), "net");
    assert!(model.has_list("scanners") && !model.has_list("none"));
}

#[test]
fn a_site_is_in_the_partition_of_its_key_as_written() {
    let model = model("sites: [{id: Foobar, time_zone: UTC}, {id: b, time_zone: UTC, partition: 2}]\n");
    // Murmur2("Foobar") is not that of "foobar", and producers write what they write.
    let by_hash = |key: &str| (crate::partition::murmur2(key.as_bytes()) as u32 & 0x7fff_ffff) % 100;
    assert_eq!(model.partition_of_site("foobar", 100), by_hash("Foobar"));
    assert_ne!(by_hash("Foobar"), by_hash("foobar"));
    assert_eq!(model.partition_of_site("b", 4), 2);
    assert_eq!(model.partition_of_site("b", 2), crate::partition::of_key(b"b", 2));
    assert_eq!(model.partition_of_site("unknown", 100), by_hash("unknown"));
    assert_eq!(model.configured_partition("b"), Some(2));
    assert_eq!(model.only_site(), None);
}

#[test]
fn sections_may_be_tables() {
    let people = "id, status ,credentials,since\n\"30\",active,100:1; 100:2,2026-01-01T00:00:00Z\r\n31,,,\n";
    let text = "people: {csv: people.csv}\nzones: [{id: z}, {csv: zones.csv}]\n";
    let (model, found) =
        parse_with(text, &[("people.csv", people), ("zones.csv", "\u{feff}id,level\ny,3\n")]);
    let model = model.unwrap_or_else(|| panic!("{}", shown(&found)));
    check(&model, "person=30", "person.credentials", "100:1 100:2");
    check(&model, "credential=100:2", "person.status", "#0");
    check(&model, "person=31", "person.status", "");
    check(&model, "zone=y", "zone.level", "3");
    assert!(model.entity(Kind::Zone, "z", ts(NOON)));
}

#[test]
fn aliases_may_be_a_table_and_change_in_time() {
    let text = "sensors: [{id: s1}, {id: s2}]\npanels: [{id: p}]\naliases:\n- {csv: a.csv}\n- {source: Panel 7, entity: {panel: p}}\n";
    let table = "source,native,channel,sensor,valid_from,valid_to\nnvr,34,2,s1,,2026-06-01T00:00:00Z\nnvr,34,2,S2,2026-06-01T00:00:00Z,\n";
    let (model, found) = parse_with(text, &[("a.csv", table)]);
    let model = model.unwrap_or_else(|| panic!("{}", shown(&found)));
    assert_eq!(model.alias("NVR", "34 2", ts("2026-05-01T00:00:00Z")), Some((Kind::Sensor, "s1")));
    assert_eq!(model.alias("nvr", "34 2", ts("2026-06-01T00:00:00Z")), Some((Kind::Sensor, "s2")));
    assert_eq!(model.alias("panel 7", "", ts(NOON)), Some((Kind::Panel, "p")));
    assert_eq!(model.alias("nvr", "34", ts(NOON)), None);
}

#[test]
fn the_empty_model_knows_nothing_and_the_hash_names_the_text() {
    let empty = SiteModel::empty(key());
    assert_eq!((empty.site_ids().len(), empty.only_site()), (0, None));
    check(&empty, "door=d1", "door", "d1");
    check(&empty, "door=d1", "zone", "");
    assert_eq!(empty.time_zone("x").iana_name(), Some("UTC"));
    assert_eq!(model(HARBOUR).hash(), model(HARBOUR).hash());
    assert_ne!(model(HARBOUR).hash(), empty.hash());
    assert_ne!(model("zones: [{id: a}]").hash(), model("zones: [{id: b}]").hash());
    assert_eq!(model("").site_ids().len(), 0);
    assert_eq!(model("# nothing yet\n").site_ids().len(), 0);
}

#[test]
fn ids_are_text_as_it_is_written() {
    let model = model(
        "zones: [{id: 0012}, {id: 1e3, level: 2}, {id: '  Server   Room '}]\ndoors: [{id: true, to_zone: 0012}]\n",
    );
    let at = ts(NOON);
    assert!(model.entity(Kind::Zone, "0012", at) && !model.entity(Kind::Zone, "12", at));
    assert!(model.entity(Kind::Zone, "1e3", at) && model.entity(Kind::Zone, "server room", at));
    check(&model, "door=true", "zone", "0012");
}

#[test]
fn a_large_model_is_built_and_asked_without_trouble() {
    let rows: String = (0..20_000).map(|n| format!("p{n},k{n};k{n}b\n")).collect();
    let table = format!("id,credentials\n{rows}");
    let (model, _) = parse_with("people: {csv: p.csv}\n", &[("p.csv", &table)]);
    check(&model.unwrap(), "credential=k19999b", "person", "p19999");
}

/// Values of attributes can be put into documents.
#[test]
fn owned_values_are_no_concern_of_the_model() {
    let model = model(HARBOUR);
    let name = model.attribute(Kind::Door, "d1", "hold_limit", ts(NOON));
    let owned = match name {
        Some(Value::Duration(d)) => OwnedValue::Duration(d),
        other => panic!("{other:?}"),
    };
    assert_eq!(owned.to_string(), "30s");
}
