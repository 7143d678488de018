//! The files are a site model and rows; the records come in order, and the same every time.

use crate::{Feed, START, Story, Traffic, files};
use event::symbol::SymbolKey;
use event::time::Duration;
use site::SiteModel;

#[test]
fn the_model_has_no_errors_and_the_size_that_it_should() {
    let files = files();
    let key = SymbolKey::derive(b"test");
    let (model, found) =
        SiteModel::parse("site.yaml", &files["site.yaml"], key, &mut |name| Err(name.to_owned()));
    let found: Vec<String> = found.iter().filter(|found| found.is_error()).map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(model.and_then(|model| model.only_site().map(str::to_owned)).as_deref(), Some("quayside"));
    use crate::place::{CAMERAS, DOORS, PEOPLE, ZONES};
    assert_eq!((DOORS.len(), CAMERAS.len(), PEOPLE.len()), (20, 8, 40));
    for door in DOORS {
        assert!(
            [door.from, door.to].iter().all(|side| ZONES.iter().any(|zone| zone.id == *side)),
            "{}",
            door.id
        );
    }
}

#[test]
fn a_day_is_in_order_and_the_same_every_time() {
    let until = START + Duration::from_secs(25 * 3_600);
    let day = |seed| Traffic::new(seed).take_while(move |record| record.at < until);
    let records: Vec<_> = day(7).collect();
    assert!(records.len() > 100_000, "{}", records.len());
    assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(records.iter().zip(day(7)).all(|(a, b)| *a == b));
    assert!(records.iter().zip(day(8)).any(|(a, b)| *a != b));
    for feed in Feed::ALL {
        assert!(records.iter().any(|record| record.feed == feed), "{feed:?}");
    }
}

#[test]
fn rows_are_json_where_they_say_so() {
    let records = Traffic::new(1).take(20_000);
    for record in
        records.filter(|record| matches!(record.feed, Feed::Access | Feed::Counters | Feed::Network))
    {
        let row: Result<serde_json::Value, _> = serde_json::from_slice(&record.value);
        assert!(row.is_ok(), "{}", String::from_utf8_lossy(&record.value));
    }
}

#[test]
fn every_story_names_the_rules_that_have_to_find_it() {
    assert!(Story::all().len() >= 25);
    assert!(Story::all().iter().all(|story| !story.rules.is_empty() && !story.name.is_empty()));
}
