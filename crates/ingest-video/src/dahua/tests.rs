//! Dahua's stream, one part a line.

use super::Dahua;
use ingest::check;

ingest::fixture_tests!("dahua", Dahua, "written.log");

#[test]
fn bodies_of_the_stream() {
    let said = |text: &str| check::decode(&Dahua, text.as_bytes());
    assert_eq!(
        said("--myboundary\r\nContent-Type: text/plain\r\nContent-Length:9\r\n\r\nHeartbeat"),
        "control"
    );
    let two = "--myboundary\r\n\r\nCode=VideoMotion;action=Start;index=0\r\n\r\n--myboundary\r\n\r\n\
               Code=VideoMotion;action=Stop;index=0";
    assert_eq!(
        said(two),
        "video.motion native_code=dahua:VideoMotion/Start camera=0\nvideo.motion restore \
         native_code=dahua:VideoMotion/Stop camera=0"
    );
    let cut = "Code=CrossLineDetection;action=Start;index=3;data={ \"UTC\" : 1564472601.0, \"Obj";
    assert_eq!(
        said(cut),
        "video.line_crossed native_code=dahua:CrossLineDetection/Start camera=3 tags=integrity:cut"
    );
    assert!(said("Code=;action=").starts_with("reject malformed"));
}
