//! What devices say all day without anybody doing anything: connections, questions of DNS, people whom cameras see,
//! signs of life. Minute by minute, so that a day need not be held in memory.

use crate::place::{CAMERAS, HOSTS};
use crate::script::{Script, s};
use crate::wire::{self, Talk};
use event::time::{Duration, Timestamp};

const MINUTE_MS: i64 = 60_000;
const NAMES: &[&str] =
    &["intranet.quayside.example", "time.quayside.example", "mail.quayside.example", "cdn.example.net"];
const OUTSIDE: &[&str] = &["198.51.100.20", "198.51.100.31", "203.0.113.8"];

/// Writes the minute that begins at `start`.
pub(crate) fn minute(script: &mut Script, start: Timestamp) {
    let busy = busy(start);
    let times = |busiest: i64| (busiest * busy + 50) / 100;
    (0..times(200)).for_each(|_| connection(script, start));
    (0..times(60)).for_each(|_| question(script, start));
    for camera in CAMERAS.iter().filter(|camera| camera.busy) {
        (0..times(30)).for_each(|_| person(script, start, camera.id));
    }
    for second in 0..2 * CAMERAS.len() as i64 {
        let object = script.number();
        let at = start + s(second * 3);
        script.video(at, wire::scene(object, at));
    }
    script.alive(start + s(12));
    for host in HOSTS {
        let at = anywhere(script, start);
        script.log(at, host.id, "CRON[811]", "(root) CMD (run-parts /etc/cron.minutely)");
    }
}

/// How busy a minute is, in percent.
fn busy(at: Timestamp) -> i64 {
    let minute = at.as_millis().rem_euclid(86_400_000) / MINUTE_MS;
    match minute {
        0..=389 => 6,
        390..=539 => 10 + (minute - 390) * 90 / 150,
        540..=989 => 100,
        990..=1_139 => 100 - (minute - 990) * 90 / 150,
        _ => 8,
    }
}

fn anywhere(script: &mut Script, start: Timestamp) -> Timestamp {
    start + Duration::from_millis(script.random.between(0, MINUTE_MS - 1))
}

fn workstation(script: &mut Script) -> String {
    format!("10.20.7.{}", script.random.between(10, 49))
}

fn connection(script: &mut Script, start: Timestamp) {
    let (at, from, number) = (anywhere(script, start), workstation(script), script.number());
    let inside = script.random.percent(60);
    let to = if inside { script.random.one_of(HOSTS).ip } else { *script.random.one_of(OUTSIDE) };
    let bytes = script.random.between(400, 900_000) as u64;
    script.network(at, wire::zeek_conn(Talk { from: &from, to, port: 443, number }, bytes, at));
}

fn question(script: &mut Script, start: Timestamp) {
    let (at, from, number) = (anywhere(script, start), workstation(script), script.number());
    let name = *script.random.one_of(NAMES);
    script
        .network(at, wire::suricata_dns(Talk { from: &from, to: "10.20.5.53", port: 53, number }, name, at));
}

fn person(script: &mut Script, start: Timestamp, camera: &str) {
    let (at, number) = (anywhere(script, start), script.number());
    script.video(at, wire::deepstream(camera, number % 1_000, number, at));
}
