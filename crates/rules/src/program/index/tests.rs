//! The index against asking every rule: no hit more, none less, whatever kind of condition.

use super::Matches;
use crate::check::{Environment, check_texts};
use crate::program::Program;
use crate::program::condition::NoStates;
use event::class;
use event::field;
use event::id::Ids;
use event::producers::Producers;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::Duration;
use site::SiteModel;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// One condition a rule; `N` and `M` are the rule's numbers.
const CONDITIONS: [&str; 20] = [
    "sensor.id = \"sN\"",
    "user = \"uN\" and dst.port > 1",
    "sig.id = \"N\"",
    "sig.id in (\"N\", \"M\")",
    "dst.port = N",
    "dst.port >= N and dst.port < M",
    "N < dst.port",
    "dst.port != N",
    "severity >= high and dst.port < N",
    "src.ip in (net(\"10.0.N.0/24\"), ip(\"10.0.M.7\"))",
    "src.ip in net(\"10.0.0.0/8\") and not src.ip in net(\"10.0.N.0/24\")",
    "sig.name contains \"bad N\"",
    "sig.name starts \"BAD N\" or sig.name ends \"Ende M\"",
    "sig.name matches \"(bad|tÄsk) N[0-9]*x?\"",
    "sig.name matches \"^.ask N\" and proto exists",
    "proto exists and sig.id exists",
    "not (sig.id = \"N\") and dst.port = M",
    "lower(sig.name) contains \"TASK N\"",
    "sig.id = \"N\" or dst.port = M or sig.name contains \"kiosk N\"",
    "confidence > 0.N and confidence <= 0.9",
];

fn program(symbols: SymbolKey) -> Program {
    let mut text = String::new();
    for (at, condition) in CONDITIONS.iter().cycle().take(CONDITIONS.len() * 12).enumerate() {
        let (n, m) = (at / CONDITIONS.len(), at / CONDITIONS.len() + 3);
        let condition = condition.replace('N', &n.to_string()).replace('M', &m.to_string());
        let _infallible = writeln!(
            text,
            "rule r{at:03} \"x\" severity low {{ by src.ip  when ids.alert where {condition} }}"
        );
    }
    let mut producers = Producers::default();
    producers.set_lateness(class::IDS_ALERT, Duration::from_secs(10));
    let environment = Environment { producers: &producers, known: None };
    let checked = check_texts(&[("index.rules", text.as_bytes())], &environment);
    let errors = checked.diagnostics.iter().filter(|d| d.severity == event::diagnostic::Severity::Error);
    let first = errors.map(|d| d.message.clone()).next();
    let rules = checked.rules.unwrap_or_else(|| panic!("{first:?}"));
    Program::compile(Arc::new(rules), symbols, Ids::new("index"))
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn event(&mut self, batch: &mut Batch) {
        let names = [
            "a Bad ",
            "BAD ",
            "Task ",
            "tÄsK ",
            "TAſ\u{212a} ",
            "mask ",
            "\u{212a}IOſ\u{212a} ",
            "x ende ",
            "ENDE ",
        ];
        let name = names[self.below(names.len() as u64) as usize];
        let (n, port, id) = (self.below(16), self.below(16), self.below(16).to_string());
        let address = Ipv4Addr::new(10, 0, self.below(16) as u8, self.below(9) as u8);
        let mut row = batch.begin(class::IDS_ALERT);
        row.source("ids").site("hq").ip(field::SRC_IP, IpAddr::V4(address));
        row.text(field::SIG_NAME, &format!("{name}{n}"));
        if self.below(4) > 0 {
            row.text(field::SIG_ID, &id);
        }
        if self.below(4) > 0 {
            row.int(field::DST_PORT, port as i64);
        }
        if self.below(2) > 0 {
            row.text(field::PROTO, "tcp").text(field::SEVERITY, ["low", "high", "critical"][n as usize % 3]);
        }
        if self.below(2) > 0 {
            row.text(field::SENSOR, &format!("s{n}")).text(field::USER, &format!("U{port}"));
        }
        row.finish();
    }
}

#[test]
fn the_index_finds_what_asking_every_rule_finds() {
    let symbols = SymbolKey::derive(b"index");
    let (program, site) = (program(symbols), SiteModel::empty(symbols));
    let (mut random, mut batch) = (Random(7), Batch::new(symbols));
    (0..2_000).for_each(|_| random.event(&mut batch));
    let mut found_by = vec![0u32; program.rules.len()];
    let mut matches = Matches::default();
    for (at, row) in batch.iter().enumerate() {
        matches.clear();
        program.match_row(row, at as u32, &site, &mut matches);
        let found: Vec<u32> = matches.hits.iter().map(|hit| hit.rule.0).collect();
        let rules = (0u32..).zip(&program.rules);
        let hit = rules.filter(|(_, rule)| !rule.judge(row, &site, symbols, &NoStates).is_empty());
        let expected: Vec<u32> = hit.map(|(at, _)| at).collect();
        assert_eq!(found, expected, "{:?}", row.fields().collect::<Vec<_>>());
        found.iter().for_each(|rule| found_by[*rule as usize] += 1);
    }
    // Every kind of condition was true now and then: a test of what is never hit says nothing.
    for (at, condition) in CONDITIONS.iter().enumerate() {
        let hits: u32 = found_by.iter().skip(at).step_by(CONDITIONS.len()).sum();
        assert!(hits > 0 || condition.contains("confidence"), "{condition}");
    }
}

#[test]
fn what_needs_nothing_of_a_field_is_always_asked_and_nothing_else_is() {
    let program = program(SymbolKey::derive(b"index"));
    let always = &program.index.classes[&class::IDS_ALERT].always;
    let conditions = always.iter().filter_map(|probe| match probe.of {
        super::Of::Rule(rule) => Some(CONDITIONS[rule as usize % CONDITIONS.len()]),
        super::Of::State(_) => None,
    });
    let conditions: std::collections::BTreeSet<&str> = conditions.collect();
    assert_eq!(conditions.into_iter().collect::<Vec<_>>(), ["dst.port != N"]);
}
