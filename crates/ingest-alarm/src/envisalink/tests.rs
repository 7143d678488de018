//! Messages of both makers, one a line.

use super::Envisalink;
use ingest::check;

ingest::fixture_tests!("envisalink", Envisalink, "written.txt");

#[test]
fn a_wrong_sum_is_no_message() {
    assert!(check::decode(&Envisalink, b"5053CE").starts_with("reject malformed"));
    assert_eq!(check::decode(&Envisalink, b"5053CD"), "control");
    assert_eq!(check::decode(&Envisalink, b"^0C,00$"), "control");
}
