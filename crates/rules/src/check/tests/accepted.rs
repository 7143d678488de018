//! Rules that check, and what is derived of them.

use super::{checked, findings};
use crate::tree::{Rule, RuleSet};
use event::alert::Emission;

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

#[test]
fn the_first_page_checks() {
    assert_eq!(findings(THREE), "");
    let set = rules(THREE);
    let names: Vec<&str> = set.rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["door_forced", "fire_doors_locked", "motion_while_armed"]);
    let emission = |name| rule(&set, name).emission;
    assert_eq!(emission("door_forced"), Emission::E);
    assert_eq!(emission("fire_doors_locked"), Emission::E);
    assert_eq!(emission("motion_while_armed"), Emission::E);
}
