//! Alerts in each dialect, one a line.

use super::Hikvision;
use ingest::check;

ingest::fixture_tests!("hikvision", Hikvision, "written.log");

#[test]
fn a_multipart_body_is_an_alert_and_its_picture() {
    let body = b"--boundary\r\nContent-Type: application/xml\r\n\r\n<EventNotificationAlert version=\"2.0\">\
        <macAddress>02:00:00:00:00:01</macAddress><dateTime>2026-01-10T03:00:00+01:00</dateTime>\
        <eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>\r\n--boundary\r\n\
        Content-Type: image/jpeg\r\n\r\n\xFF\xD8\xFF\xE0";
    assert_eq!(
        check::decode(&Hikvision, body),
        "video.motion 2026-01-10T02:00:00Z source=02:00:00:00:00:01 native_code=hikvision:VMD camera=02:00:00:00:00:01"
    );
    let cut = b"<EventNotificationAlert><eventType>VMD</eventType>";
    assert!(check::decode(&Hikvision, cut).starts_with("reject truncated"));
}
