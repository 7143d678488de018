//! §4.1 `unusual`.

use super::check;

#[test]
fn a_bucket_far_above_what_was_usual() {
    let rules =
        r#"rule r "r" severity low { by door  unusual count > 2 sigma of door.opened per 1d  quiet 1s }"#;
    // One opening each Saturday. In sixteenths m is 2, 3, 4, 5 after each of four weeks, and v is 1, 2, 3, 4.
    let week = 7 * 86_400;
    let weeks = |last: i64| -> String {
        let usual = (0..4).map(|n| format!("{} door.opened door=d1;", n * week));
        let last = (0..last).map(|n| format!("{} door.opened door=d1;", 4 * week + n));
        usual.chain(last).collect()
    };
    // (16 c − m)² > z² · 16 · max(v, 16) = 1,024: two openings are 27² = 729, three are 43² = 1,849.
    // The bucket ends at midnight in Paris: 21 hours after 03:00.
    let end = 4 * week + 21 * 3_600;
    let found = format!("r(d1) {end}..{end} x1: {} {} {}", 4 * week, 4 * week + 1, 4 * week + 2);
    check(rules, &weeks(2), &[]);
    check(rules, &weeks(3), &[&found]);
    // Fewer than four buckets of the slot lie behind.
    let three: String = (0..3).map(|n| format!("{} door.opened door=d1;", n * week)).collect();
    let many: String = (0..9).map(|n| format!("{} door.opened door=d1;", 3 * week + n)).collect();
    check(rules, &(three + &many), &[]);
}

#[test]
fn hours_of_the_week_are_slots_of_their_own() {
    let rules = r#"rule r "r" severity low { by door  unusual count > 1 sigma of door.opened per 1h }"#;
    let week = 7 * 86_400;
    let at = |n: i64, s: i64| format!("{} door.opened door=d1;", n * week + s);
    let usual: String = (0..4).map(|n| at(n, 0)).collect();
    let end = 4 * week + 3_600;
    let found = format!("r(d1) {end}..{end} x1: {} {} {}", 4 * week, 4 * week + 1, 4 * week + 3_599);
    check(rules, &(usual.clone() + &at(4, 0) + &at(4, 1) + &at(4, 3_599)), &[&found]);
    check(rules, &(usual.clone() + &at(4, 0) + &at(4, 3_600)), &[]);
    // The hour after it had four buckets without anything: 2² > 1² · max(0, 1).
    let end = 4 * week + 7_200;
    let found = format!("r(d1) {end}..{end} x1: {} {}", 4 * week + 3_600, 4 * week + 3_601);
    check(rules, &(usual + &at(4, 0) + &at(4, 3_600) + &at(4, 3_601)), &[&found]);
}
