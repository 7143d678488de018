//! Rules that check, and what is derived of them.

use super::{checked, checked_as, findings};
use crate::check::Known;
use crate::tree::{Cond, EntitySpec, Expr, Pattern, Rule, RuleSet, SequenceItem, TitlePart};
use event::alert::Emission;
use event::class::{self, ClassId};
use event::field::{self, FieldType};
use event::time::Duration;

const THREE: &str = include_str!("three.rules");

#[track_caller]
fn rules(text: &str) -> RuleSet {
    let checked = checked(text);
    let found: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    checked.rules.unwrap_or_else(|| panic!("{}", found.join("\n")))
}

fn rule<'s>(set: &'s RuleSet, name: &str) -> &'s Rule {
    set.rules.iter().find(|rule| &*rule.name == name).unwrap()
}

/// The one rule of a text that gives only its clauses.
#[track_caller]
fn one(clauses: &str) -> Rule {
    let set = rules(&format!("rule a \"A\" severity low {{ {clauses} }}"));
    set.rules.into_iter().next().unwrap()
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_first_page_checks() {
    assert_eq!(findings(THREE), "");
    let set = rules(THREE);
    let names: Vec<&str> = set.rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["door_forced", "fire_doors_locked", "motion_while_armed"]);
    let states: Vec<&str> = set.states.iter().map(|state| &*state.name).collect();
    assert_eq!(states, ["armed", "free"]);
    let forced = rule(&set, "door_forced");
    assert_eq!((forced.emission, forced.decided, forced.lateness), (Emission::E, seconds(0), seconds(60)));
    let steps: Vec<(&str, u8)> = forced.steps().iter().map(|step| (&*step.name, step.bit)).collect();
    assert_eq!(steps, [("open", 0), ("access.granted", 1)]);
    assert_eq!(forced.unless[0].of, 0);
    let fire = rule(&set, "fire_doors_locked");
    assert!(fire.life_safety);
    assert_eq!((fire.emission, fire.quiet), (Emission::E, seconds(300)));
    let motion = rule(&set, "motion_while_armed");
    assert_eq!((motion.emission, motion.lateness, motion.quiet), (Emission::E, seconds(60), seconds(600)));
    assert!(matches!(motion.title[1], TitlePart::Key(0)));
}

#[track_caller]
fn check_emission(clauses: &str, emission: Emission, decided: i64, lateness: i64) {
    let rule = one(clauses);
    assert_eq!(
        (rule.emission, rule.decided, rule.lateness),
        (emission, seconds(decided), seconds(lateness)),
        "{clauses}"
    );
}

#[test]
fn emission_classes_follow_from_the_rows() {
    check_emission("by door  when door.opened", Emission::M, 0, 0);
    check_emission("by door  count >= 3 of door.opened within 1h", Emission::M, 0, 0);
    check_emission("by zone  sequence within 1m { door.opened  video.person }", Emission::M, 0, 0);
    check_emission(
        "by zone  sequence within 1m { door.opened  not video.person  door.closed }",
        Emission::E,
        0,
        10,
    );
    check_emission(
        "by door  when o: door.opened  unless access.granted within 8s before o",
        Emission::E,
        0,
        60,
    );
    check_emission(
        "by door  when o: door.opened  unless access.granted within 8s after o",
        Emission::S,
        8,
        60,
    );
    check_emission(
        "by door  when o: door.opened  unless access.granted within 8s after o  early",
        Emission::E,
        8,
        60,
    );
    check_emission("by door  after door.held expect door.closed within 2m", Emission::S, 0, 60);
    check_emission("by zone  after fire.alarm expect panel.reset within 2m", Emission::E, 0, 60);
    check_emission("by zone  after fire.alarm where test expect panel.reset within 2m", Emission::S, 0, 60);
    check_emission("by door  when door.opened  while up(door.controller)", Emission::E, 0, 60);
    check_emission("by door  when door.opened  while up(door.controller)  final only", Emission::S, 0, 60);
    check_emission("by door  when door.opened  raise to high when up(door.controller)", Emission::M, 0, 0);
}

#[test]
fn windows_set_quiet() {
    assert_eq!(one("by door  count >= 3 of door.opened within 1h").quiet, seconds(3_600));
    assert_eq!(
        one("by door  sequence { door.opened  door.closed gap 4m  door.opened gap 3m }").quiet,
        seconds(420)
    );
    assert_eq!(one("by door  when door.opened").quiet, seconds(300));
    assert_eq!(one("by door  when door.opened  quiet 0s").quiet, seconds(0));
}

#[test]
fn while_joins_positive_steps_only() {
    let rule =
        one("by door  sequence within 1m { door.opened where cause = key  not access.granted  door.closed }
         while up(door.controller)");
    let Pattern::Sequence { items, .. } = &rule.pattern else { panic!("a sequence") };
    let condition = |item: &SequenceItem| match item {
        SequenceItem::Step(step) | SequenceItem::Not(step) => step.options[0].condition.clone(),
    };
    assert!(matches!(condition(&items[0]), Some(Cond::And(parts)) if matches!(parts[1], Cond::State(_))));
    assert!(condition(&items[1]).is_none());
    assert!(matches!(condition(&items[2]), Some(Cond::State(_))));
}

#[test]
fn chained_rules_stand_above_what_they_read() {
    let set = rules(
        "rule low \"Low\" severity low { by door  when o: door.opened  unless access.granted within 8s before o }
         rule top \"Top\" severity low { by door  count >= 3 of detection.low within 1h }
         rule all \"All\" severity low { by site  count >= 9 of alert.* within 1h }
         rule m \"M\" severity low { by door  when door.held }",
    );
    let names: Vec<&str> = set.rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["all", "low", "m", "top"]);
    assert_eq!(set.strata, [vec![1, 2], vec![3], vec![0]]);
    let all = rule(&set, "all");
    let Pattern::Count { step, .. } = &all.pattern else { panic!("a count") };
    assert_eq!(step.options[0].classes, [1, 2, 3].map(ClassId::alert));
    // `alert.*` moves with late records; a detection of an E rule can be taken back as long as that rule's
    // can.
    assert_eq!((all.emission, all.lateness), (Emission::E, seconds(60)));
    let top = rule(&set, "top");
    assert_eq!((top.emission, top.lateness, top.log_lateness), (Emission::E, seconds(60), seconds(60)));
}

#[test]
fn covert_classes_make_rules_restricted() {
    assert!(one("by person  when duress.alarm").restricted);
    assert!(one("by person  when access.granted  restricted").restricted);
    assert!(!one("by zone  when fire.alarm").restricted);
}

#[test]
fn constants_and_parameters_take_the_type_beside_them() {
    let rule = one(
        "by src.ip  count >= many of net.flow where dst.port in (22, ssh_port) and bytes.out > 1 MB within window
         param many = 5 \"x\"  param ssh_port = 2222 \"x\"  param window = 90s \"x\"",
    );
    let Pattern::Count { at_least, within, step } = &rule.pattern else { panic!("a count") };
    assert_eq!((*at_least, *within), (5, seconds(90)));
    let shown = format!("{:?}", step.options[0].condition);
    assert!(shown.contains("Int(2222)"), "{shown}");
    assert!(shown.contains("Int(1000000)"), "{shown}");
}

#[test]
fn a_vehicle_is_any_of_its_kinds() {
    let rule = one("by camera  when video.object where object.kind = vehicle");
    let shown = format!("{:?}", rule.pattern);
    assert!(shown.contains("motorcycle"), "{shown}");
}

#[test]
fn keys_say_in_which_field_alerts_carry_them() {
    let rule = one("by door.controller, src.ip  when door.commanded
         entities door, door.to_zone, host");
    let fields: Vec<_> = rule.by.iter().map(|part| part.field).collect();
    assert_eq!(fields, [Some(field::CONTROLLER), Some(field::SRC_IP)]);
    assert_eq!(rule.by[1].ty, FieldType::Ip);
    assert!(!rule.crosses_sites());
    assert!(one("by person  when access.granted").crosses_sites());
    let EntitySpec::Listed(paths) = &rule.entities else { panic!("listed") };
    let fields: Vec<_> = paths.iter().map(|path| path.field).collect();
    assert_eq!(fields, [Some(field::DOOR), Some(field::ZONE), Some(field::HOST)]);
}

#[test]
fn groups_and_nouns_become_classes() {
    let rule = one("by zone  when any.presence or video.*");
    let Pattern::When(step) = &rule.pattern else { panic!("when") };
    let classes = &step.options[0].classes;
    assert!(classes.contains(&class::ACCESS_TAKEN) && classes.contains(&class::VIDEO_LOSS));
    assert!(classes.is_sorted());
}

#[test]
fn the_place_of_a_rule_does_not_change_the_hash() {
    let moved = format!("# a comment\n\n{THREE}");
    assert_eq!(rules(THREE).hash, rules(&moved).hash);
    assert_ne!(rules(THREE).hash, rules(&THREE.replace("10m", "11m")).hash);
}

#[test]
fn lists_and_calendars_are_looked_up_where_they_are_known() {
    let text = "rule a \"A\" severity low { by src.ip  when net.flow where src.ip in @scanners and not calendar(\"night\") }";
    let mut known = Known::default();
    known.lists.insert("scanners".to_owned(), FieldType::Ip);
    known.calendars.insert("night".to_owned());
    assert!(checked_as("a.rules", text, Some(known.clone())).rules.is_some());
    known.lists.insert("scanners".to_owned(), FieldType::Text);
    known.calendars.clear();
    let codes: Vec<&str> =
        checked_as("a.rules", text, Some(known)).diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["WF034", "WF020", "WF015"]);
}

#[test]
fn a_clock_error_widens_sequences_whose_steps_exclude_each_other() {
    let known = || Known { clock_error: seconds(1), ..Known::default() };
    let checked = |steps: &str| {
        let text = format!("rule a \"A\" severity low {{ by door  sequence within 1m {{ {steps} }} }}");
        checked_as("a.rules", &text, Some(known()))
    };
    let apart = checked("door.opened  door.closed").rules.unwrap();
    assert_eq!(apart.rules[0].tolerance, seconds(2));
    let told_apart = "door.opened where cause = badge  door.opened where cause = key";
    assert!(checked(told_apart).rules.is_some());
    for together in ["door.opened  door.opened", "door.opened repeated >= 2  door.closed"] {
        let found = checked(together);
        assert_eq!(found.diagnostics[0].code, "WF042", "{together}");
        assert!(found.rules.is_none());
    }
}

#[test]
fn what_is_made_of_values_knows_its_class() {
    check_emission("by person  speed > 900 km/h of access.granted within 1h", Emission::M, 0, 0);
    check_emission("by person  speed > 900 km/h of auth.login within 1h", Emission::E, 0, 0);
    check_emission("by person  first zone of access.granted within 90d learning 14d", Emission::E, 0, 60);
    let of_doors = |over: &str, fire: &str| {
        format!(
            "by door  compare x = count(door.opened)  y = sum(count of door.closed) {over} fire when {fire}"
        )
    };
    check_emission(&of_doors("within 1m", "x >= 2"), Emission::M, 0, 0);
    check_emission(&of_doors("within 1m", "x >= 2 or x > 3"), Emission::E, 0, 60);
    check_emission(&of_doors("within 1m", "y >= x + 1"), Emission::E, 0, 60);
    check_emission(&of_doors("session gap 10s", "x >= 2"), Emission::S, 10, 60);
}

#[test]
fn what_looks_at_an_earlier_step_is_set_apart() {
    let rule = one("by zone  sequence within 1m { \
                    a: door.opened  door.closed where cause = badge and door != a.door }");
    let Pattern::Sequence { items, .. } = &rule.pattern else { panic!() };
    let SequenceItem::Step(closed) = &items[1] else { panic!() };
    assert!(matches!(closed.options[0].condition, Some(Cond::Compare(Expr::Path(_), ..))));
    assert!(
        matches!(&closed.options[0].across, Some(Cond::Compare(_, _, Expr::Earlier(0, path))) if &*path.text == "door")
    );
    check_emission(
        "by door  sequence within 1m { door.opened repeated 2 to 3  door.closed }",
        Emission::E,
        0,
        60,
    );
    check_emission(
        "by door  sequence within 1m { door.opened repeated >= 2  door.closed }",
        Emission::M,
        0,
        0,
    );
    check_emission("by door  count >= 3 of door.opened within 1h  once", Emission::E, 0, 60);
}

#[test]
fn clear_when_names_what_the_pattern_counts() {
    check_emission("by door  count >= 3 of door.opened within 1h  clear when count < 2", Emission::E, 0, 60);
    check_emission(
        "by door  count >= 3 of door.opened within 1h  clear when count < 2  final only",
        Emission::S,
        0,
        60,
    );
    let of_doors = |clear: &str| {
        one(&format!(
            "by zone  compare x = count(door.opened)  y = distinct(door of door.closed)  within 1m  \
             fire when x > y  clear when {clear}"
        ))
    };
    let rule = of_doors("y <= 3 * x");
    assert!(matches!(rule.clear_when, Some(Cond::Compare(Expr::Aggregate(1), _, Expr::Arithmetic(..)))));
    of_doors("not (x > 2 or y in (1, 2))");
    let sum = one("by door  sum count >= 3 of door.opened within 1m  clear when sum < 1");
    assert!(matches!(sum.clear_when, Some(Cond::Compare(Expr::Aggregate(0), ..))));
    let distinct = one("by zone  distinct door >= 3 of door.opened within 1m  clear when distinct = 0");
    assert!(distinct.clear_when.is_some());
}
