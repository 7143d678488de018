//! What an instance is made of, once its configuration has been read: rules, site model, topics, formats, ids.

use event::coordinates::Topics;
use event::id::Ids;
use event::symbol::SymbolKey;
use incident::table::Settings as IncidentSettings;
use rules::program::Program;
use rules::tree::RuleSet;
use site::SiteModel;
use std::sync::Arc;
use task::task::Shared;

/// The parts of an instance.
#[derive(Clone)]
pub struct Setup {
    /// What its tasks share.
    pub shared: Shared,
    /// The key of its symbols.
    pub symbols: SymbolKey,
}

/// A rule's key crosses sites, and there is more than one task.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of {} cross sites, and hits do not travel between tasks yet: run one task, or add `site` to `by`", .rules.join(", "))]
pub struct CrossesSites {
    /// The rules.
    pub rules: Vec<Arc<str>>,
}

impl Setup {
    /// Compiles the rules for a namespace.
    pub fn new(
        namespace: &str,
        symbols: SymbolKey,
        rules: Arc<RuleSet>,
        site: Arc<SiteModel>,
        topics: Arc<Topics>,
        formats: Arc<[&'static str]>,
        incidents: IncidentSettings,
    ) -> Setup {
        let ids = Ids::new(namespace);
        let program = Arc::new(Program::compile(rules, symbols, ids.clone()));
        let hubs = site.hubs().map(Into::into).collect();
        let incidents = Shared::incident_settings(&program, IncidentSettings { hubs, ..incidents });
        Setup { shared: Shared { program, site, topics, formats, ids, incidents }, symbols }
    }

    /// Refuses more than one task where a rule's key crosses sites.
    pub fn check_tasks(&self, tasks: u32) -> Result<(), CrossesSites> {
        let crossing = self.shared.program.tree.rules.iter().filter(|rule| rule.crosses_sites());
        let rules: Vec<Arc<str>> = crossing.map(|rule| rule.name.clone()).collect();
        if tasks > 1 && !rules.is_empty() { Err(CrossesSites { rules }) } else { Ok(()) }
    }
}
