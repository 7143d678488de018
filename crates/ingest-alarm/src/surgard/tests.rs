//! Receiver text, one record a line.

use super::Surgard;
use ingest::check;

ingest::fixture_tests!("surgard", Surgard, "written.txt");

#[test]
fn a_record_may_hold_several_messages() {
    let said = check::decode(&Surgard, b"5011 181234E13001003\x145011 181234R13001003\x14");
    assert_eq!(
        said,
        "intrusion.alarm source=1-1-1234 native_code=cid:1130 panel=1-1-1234 partition=1-1-1234/1 \
         sensor=1-1-1234/1/3 intrusion.kind=burglary native_severity=80\nintrusion.alarm restore source=1-1-1234 \
         native_code=cid:3130 panel=1-1-1234 partition=1-1-1234/1 sensor=1-1-1234/1/3 intrusion.kind=burglary"
    );
    assert!(check::decode(&Surgard, b"5011 18").starts_with("reject malformed"));
    assert!(check::decode(&Surgard, b"hello").starts_with("reject malformed"));
}
