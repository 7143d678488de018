//! Every kind of mistake is said once, at its place, with its cure; and nothing panics.

use super::*;

#[test]
fn names_that_are_not_known() {
    finds("zonse: []\n", "SM002", (1, 1), "did you mean `zones`");
    finds("doors:\n- {id: d, monitord: true}\n", "SM003", (2, 11), "did you mean `monitored`");
    finds("calendars: [{id: c, weekley: {}}]\n", "SM003", (1, 21), "did you mean `weekly`");
    finds("lists: [{id: l, type: ip, entry: []}]\n", "SM003", (1, 27), "no attribute `entry` of a list");
    finds("aliases: [{source: a, entity: {sensro: s}}]\n", "SM003", (1, 32), "did you mean `sensor`");
    finds("lists: [{id: l, type: ipp}]\n", "SM017", (1, 23), "did you mean `ip`");
    finds("sites: [{id: s, time_zone: Europe/Pariss}]\n", "SM018", (1, 28), "no time zone `Europe/Pariss`");
}

#[test]
fn values_that_do_not_fit() {
    finds("doors: [{id: d, monitored: maybe}]\n", "SM005", (1, 28), "true or false");
    finds("doors: [{id: d, hold_limit: 30}]\n", "SM005", (1, 29), "a number with a unit");
    finds("zones: [{id: z, kind: valut}]\n", "SM005", (1, 23), "did you mean `vault`");
    finds("zones: [{id: z, level: 6}]\n", "SM005", (1, 24), "0 to 5");
    finds("zones: [{id: z, level: high}]\n", "SM005", (1, 24), "a whole number");
    finds("assets: [{id: a, criticality: 101}]\n", "SM005", (1, 31), "0 to 100");
    finds("assets: [{id: a, ips: [10.0.0.256]}]\n", "SM005", (1, 24), "10.9.0.0/24");
    finds("sites: [{id: s, geo: [91, 0]}]\n", "SM005", (1, 17), "is no place");
    finds("zones: [{id: z, valid_from: 2026-01-01}]\n", "SM005", (1, 29), "offset");
    finds("clock_error: {c1: fast}\n", "SM005", (1, 15), "`fast` is no clock error");
    finds("clock_error: [500ms]\n", "SM004", (1, 15), "a mapping of sources");
    finds("lists: [{id: l, type: ip, entries: [nonsense]}]\n", "SM017", (1, 37), "`nonsense`");
    finds("lists: [{id: l, entries: [a]}]\n", "SM017", (1, 14), "has no `type`");
    finds("calendars: [{id: c, weekly: {mon: ['8-18']}}]\n", "SM016", (1, 36), "08:00-18:00");
    finds("calendars: [{id: c, weekly: {someday: ['08:00-18:00']}}]\n", "SM016", (1, 40), "mon-fri");
    finds("calendars: [{id: c, except: {mon: ['08:00-18:00']}}]\n", "SM016", (1, 30), "2026-12-25");
}

#[test]
fn shapes_that_do_not_fit() {
    finds("zones: [lobby]\n", "SM004", (1, 9), "{id: lobby}");
    finds("zones: [{level: 1}]\n", "SM006", (1, 9), "without `id`");
    finds("zones: [{id: '  '}]\n", "SM006", (1, 9), "without `id`");
    finds("zones: [{id: z, level: [1, 2]}]\n", "SM007", (1, 17), "has 2 values");
    finds("zones: [[{id: z}]]\n", "SM004", (1, 9), "a list inside a list");
    finds("doors: [{id: d, to_zone: {id: z}}]\n", "SM004", (1, 26), "holds no entries");
    finds("- a\n- b\n", "SM001", (1, 1), "a mapping of sections");
    finds("zones: [{id: a}\n", "SM001", (1, 8), "unclosed");
    finds("zones: []\nzones: []\n", "SM001", (2, 1), "duplicate mapping key");
    finds("zones: *none\n", "SM001", (1, 8), "anchor");
    finds("aliases: [{native: x, entity: {door: d}}]\n", "SM012", (1, 11), "without `source`");
    finds("aliases: [{source: x}]\n", "SM012", (1, 11), "without `entity`");
}

#[test]
fn entries_that_contradict_each_other() {
    finds("zones: [{id: z}, {id: Z}]\n", "SM008", (1, 23), "zone `z` has two entries");
    finds(
        "zones: [{id: z, valid_from: 2026-02-01T00:00:00Z, valid_to: 2026-01-01T00:00:00Z}]\n",
        "SM010",
        (1, 9),
        "never valid",
    );
    finds(
        "doors: [{id: d, controller: c1}]\ncontrollers: [{id: c1}, {id: c2, doors: [d]}]\n",
        "SM014",
        (2, 42),
        "two `controller`",
    );
    finds(
        "assets: [{id: a, ips: [10.0.0.1]}, {id: b, ips: [10.0.0.1]}]\n",
        "SM013",
        (1, 50),
        "`a` and `b` hold 10.0.0.1",
    );
    finds(
        "assets: [{id: a, ips: [10.0.0.0/8]}, {id: b, ips: [10.0.0.0/8]}]\n",
        "SM013",
        (1, 52),
        "hold 10.0.0.0/8",
    );
    let aliases = "sensors: [{id: s1, partition: p}, {id: s2, partition: p}]\npartitions: [{id: p}]\naliases:\n\
                   - {source: x, native: '1', entity: {sensor: s1}}\n- {source: X, native: '1', entity: {sensor: s2}}\n";
    finds(aliases, "SM012", (5, 12), "sensor `s1` and sensor `s2` at one time");
    finds("zones: [{id: a, parent: b}, {id: b, parent: a}]\n", "SM015", (1, 25), "lies in itself");
    finds("calendars: [{id: c, weekly: {}}, {id: C, weekly: {}}]\n", "SM008", (1, 39), "calendar `c`");
    finds("lists: [{id: l, type: ip}, {id: l, type: text}]\n", "SM008", (1, 33), "list `l`");
}

#[test]
fn entities_that_are_named_and_not_there() {
    finds(
        "doors: [{id: d1, to_zone: lobbi}]\nzones: [{id: lobby}]\n",
        "SM009",
        (1, 27),
        "door `d1` names zone `lobbi`",
    );
    finds(
        "doors: [{id: d1, to_zone: lobbi}]\nzones: [{id: lobby}]\n",
        "SM009",
        (1, 27),
        "did you mean `lobby`",
    );
    finds("sensors: [{id: s, asset: ghost}]\n", "SM009", (1, 26), "sensor `s` names asset `ghost`");
    finds(
        "aliases: [{source: a, native: b, entity: {door: d}}]\n",
        "SM009",
        (1, 49),
        "alias `b` of `a` names door `d`",
    );
    finds("calendars: [{id: c, site: nowhere}]\n", "SM009", (1, 18), "calendar `c` names site `nowhere`");
    let times = "zones: [{id: z, valid_to: 2026-01-01T00:00:00Z}]\ndoors: [{id: d, to_zone: z, valid_from: 2026-01-01T00:00:00Z}]\n";
    finds(times, "SM009", (2, 26), "no entry at that time");
}

#[test]
fn doubts_stop_nothing() {
    finds("doors: [{id: d}]\n", "SM050", (1, 14), "door `d` has no `to_zone`");
    finds("sites: [{id: s}]\n", "SM051", (1, 14), "UTC is taken");
    finds(
        "sites: [{id: s, time_zone: UTC}, {id: t, time_zone: UTC}]\nzones: [{id: z}]\n",
        "SM057",
        (2, 14),
        "`site`",
    );
    finds("sensors: [{id: s}]\n", "SM058", (1, 16), "`zone` or `partition`");
    finds("cameras: [{id: c}]\n", "SM059", (1, 16), "`views`");
    finds("readers: [{id: '1'}]\ncontrollers: [{id: '1'}]\n", "SM054", (2, 20), "a reader and a controller");
    finds("zones: [{id: lobby}]\nhubs: [loby]\n", "SM055", (2, 8), "did you mean `lobby`");
    finds(
        "zones: [{id: z}]\ndoors: [{id: d, to_zone: z, schedule: offce}]\ncalendars: [{id: office}]\n",
        "SM056",
        (2, 39),
        "did you mean `office`",
    );
    let zones: Vec<String> = (0..9).map(|n| format!("z{n}")).collect();
    let all: Vec<String> = zones.iter().map(|z| format!("{{id: {z}}}")).collect();
    let text = format!("cameras: [{{id: c, views: [{}]}}]\nzones: [{}]\n", zones.join(", "), all.join(", "));
    finds(&text, "SM052", (1, 27), "camera `c` has 9 `views`");
}

#[test]
fn tables_that_cannot_be_read() {
    let missing = parse("people: {csv: gone.csv}\n").1;
    assert_eq!((missing[0].code, missing[0].column), ("SM011", 15));
    assert!(missing[0].message.contains("no such file"), "{}", missing[0]);
    let table = "id,level\nz1,1\nz2,1,extra\nz3,nine\n";
    let (model, found) = parse_with("zones: {csv: z.csv}\n", &[("z.csv", table)]);
    assert!(model.is_none());
    let places: Vec<_> = found.iter().map(|d| (d.file.as_str(), d.line, d.code)).collect();
    assert_eq!(places, [("z.csv", 3, "SM011"), ("z.csv", 4, "SM005")], "{}", shown(&found));
    let table = "id,levle\na,1\nb,2\n";
    let found = parse_with("zones: {csv: z.csv}\n", &[("z.csv", table)]).1;
    assert_eq!(found.len(), 1, "a wrong column is said once: {}", shown(&found));
    let found = parse_with("zones: {csv: z.csv}\n", &[("z.csv", "id,level,level\na,1,2\n")]).1;
    assert_eq!(found[0].code, "SM011");
}

#[test]
fn all_errors_are_said_at_once() {
    let text =
        "zonse: []\ndoors: [{id: d1, to_zone: z9, monitord: true}]\nzones: [{id: z, level: 9}, {id: z}]\n";
    let codes: Vec<_> = parse(text).1.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["SM002", "SM009", "SM003", "SM005", "SM008"]);
}

#[test]
fn no_text_is_too_odd_to_be_answered() {
    let pieces = [
        "zones:", "{", "}", "[", "]", "id: a", ",", "\n", "- ", "csv: x", "&a", "*a", "<<: ", "'", "\"", "é",
        "!!int", "~", "? ", "|",
    ];
    let mut seed = 7u64;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let (model, found) = parse(&text);
        assert_eq!(model.is_none(), found.iter().any(Diagnostic::is_error), "{text:?}");
    }
    // Cut at every place, the example is either a model or a finding.
    for end in (0..HARBOUR.len()).filter(|end| HARBOUR.is_char_boundary(*end)).step_by(7) {
        let (model, found) = parse(&HARBOUR[..end]);
        assert_eq!(model.is_none(), found.iter().any(Diagnostic::is_error));
    }
}
