use super::problem::Problems;
use super::{meant, schema, units};

/// The findings of a text, each as `line: code message`.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let mut problems = Problems::new("w.yaml", text);
    let configuration = meant::read(text, &mut problems);
    let found: Vec<String> = problems
        .found
        .iter()
        .filter(|found| found.is_error())
        .map(|found| format!("{}: {} {} | {}", found.line, found.code, found.message, found.help))
        .collect();
    assert_eq!(found, expect);
    assert_eq!(configuration.is_some(), !problems.found.iter().any(event::diagnostic::Diagnostic::is_error));
}

const TOPIC: &str = "{topic: a.b, formats: [suricata]}";

#[test]
fn takes_the_configuration_of_the_contract() {
    check(
        r#"namespace: harbour
secret: {file: symbol.key}
site_model: site.yaml
rules: [rules/]
kafka:
  brokers: ["127.0.0.1:9092"]
  instance: a
groups:
  - name: main
    partitioned: by_site
    clock: broker
    topics:
      - {topic: harbour.alarm,   formats: [sia-dc09, contact-id], site: from_key, time_zone: Europe/Paris, lane: life_safety}
      - {topic: harbour.badge,   formats: [mapped], mapping: mappings/onguard.yaml, site: {fixed: harbour}, lateness: 15m, duplicates: by_content}
      - {topic: harbour.video,   formats: [deepstream, onvif, frigate], site: {field: sensor.id, through: site_model}}
      - {topic: harbour.network, formats: [suricata, zeek], site: {fixed: harbour}}
delivery: transactional
state: {folder: /var/lib/watchfloor, memory: 2GiB}
http: {listen: "127.0.0.1:9600"}
sinks: []
"#,
        &[],
    );
}

#[test]
fn finds_everything_at_once() {
    check(
        "namespace: h arbour\nrulez: []\ngroups:\n  - name: main\n    clock: brokr\n    topics:\n      - topic: a\n        \
         formats: [x]\n        lateness: 15\n        time_zone: Europe/Pariss\nstate: {memory: 2}\n",
        &[
            "2: CF002 the configuration has no key `rulez` | did you mean `rules`",
            "5: CF005 `brokr` is no value of `clock` | did you mean `broker`",
            "9: CF005 `15` is no value of `lateness` | did you mean `15s`",
            "10: CF005 `Europe/Pariss` is no value of `time_zone` | did you mean `Europe/Paris`",
            "11: CF005 `2` is no value of `memory` | did you mean `2B`",
            "1: CF005 `h arbour` is no value of `namespace` | ",
        ],
    );
}

#[test]
fn says_what_is_not_built_yet() {
    check(
        &format!(
            "namespace: h\ndelivery: idempotent\nsite_model: {{topic: t}}\nsinks: [x]\ngroups:\n  - {{name: a, \
             partitioned: none, topics: [{TOPIC}]}}\n  - {{name: b, topics: [{TOPIC}]}}\n"
        ),
        &[
            "2: CF009 `delivery: idempotent` is not built yet | remove it for now",
            "3: CF009 a site model in a topic is not built yet | remove it for now",
            "4: CF009 a sink is not built yet | remove it for now",
            "7: CF009 a second group is not built yet | remove it for now",
            "6: CF009 `partitioned: none` is not built yet | remove it for now",
        ],
    );
}

#[test]
fn finds_what_does_not_go_together() {
    check(
        &format!(
            "namespace: h\ngroups:\n  - name: a\n    topics:\n      - {TOPIC}\n      - {TOPIC}\n      - {{topic: \
             h.incidents, formats: [mapped]}}\n      - {{topic: c, formats: [suricata], mapping: m.yaml}}\n      - \
             {{topic: d, formats: [suricata], site: {{field: x, through: site_model}}}}\n"
        ),
        &[
            "6: CF008 topic `a.b` stands twice | join the two entries",
            "7: CF008 `h.incidents` is Watchfloor's own topic `incidents` of this namespace | give the input another \
             name, or the instance another namespace",
            "7: CF011 `mapped` without a mapping | name the file that says how rows become events",
            "8: CF011 a mapping, but the format `mapped` is not among `formats` | add `mapped` to `formats`, or remove it",
            "9: CF011 `through: site_model`, but there is none | ",
        ],
    );
}

#[test]
fn finds_what_is_missing() {
    check(
        "groups: []\n",
        &[
            "1: CF003 the configuration has no `namespace` | Prefix of all own topics; part of every id.",
            "1: CF003 there is no group | groups: [{name: main, topics: […]}]",
        ],
    );
    check("", &["1: CF004 the configuration has no keys | write `namespace: …` and the rest"]);
}

#[test]
fn warns_of_what_is_less_than_it_looks() {
    let text =
        format!("namespace: h\nstate: {{memory: 2GiB}}\ngroups:\n  - {{name: a, topics: [{TOPIC}]}}\n");
    let mut problems = Problems::new("w.yaml", &text);
    assert!(meant::read(&text, &mut problems).is_some());
    let found: Vec<(u32, &str)> = problems.found.iter().map(|found| (found.line, found.code)).collect();
    assert_eq!(found, [(2, "CF022"), (1, "CF020")]);
}

#[test]
fn says_where_yaml_breaks() {
    let mut problems = Problems::new("w.yaml", "namespace: [\n");
    assert!(meant::read("namespace: [\n", &mut problems).is_none());
    assert_eq!(problems.found[0].code, "CF001");
}

#[test]
fn reads_sizes() {
    assert_eq!(units::size("2GiB"), Some(2 << 30));
    assert_eq!(units::size("1.5MB"), Some(1_500_000));
    for wrong in ["2", "GiB", "2 GIB", "-1B", "99999999999TiB", "1e3B", "٣B"] {
        assert_eq!(units::size(wrong), None, "{wrong}");
    }
}

#[test]
fn the_schema_in_the_docs_is_this_one() {
    crate::schema_file::check("config", &schema::json_schema());
}
