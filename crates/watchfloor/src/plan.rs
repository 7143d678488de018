//! From a configuration to what the run loop goes by: rules, decode stages, names, whose time it is. The daemon and the
//! demo make it of the same parts.

use crate::config::{self, Instance};
use crate::failure::Failure;
use crate::report::{Report, about};
use engine::live::Plan;
use engine::setup::Setup;
use event::coordinates::Topics;
use ingest::settings::Settings;
use ingest::stage::Stage;
use std::sync::Arc;
use task::clock::Time;

/// Rules, stages and names; the ticks are a topic among the others.
pub(crate) fn of(report: &Report, instance: &Instance, tasks: u32, cold: bool) -> Result<Plan, Failure> {
    let ticks = ticks(instance);
    let inputs = instance.topic_names.iter().map(|(_, name)| &**name);
    let names = Arc::new(Topics::new(inputs.chain([ticks.as_str()])));
    let id = |name: &str| names.id(name).expect("it was put in above");
    let setup = crate::replay::setup(instance);
    setup.check_tasks(tasks).map_err(|crossing| {
        report.stop(about("KF005", &instance.file).saying(crossing.to_string(), "", ""))
    })?;
    let stages = instance.topics.iter().map(|topic| {
        let topic_id = id(&topic.settings.topic);
        Stage::new(Settings { topic_id, ..topic.settings.clone() }, instance.ids.clone())
    });
    Ok(Plan {
        stages: stages.collect(),
        ticks: id(&ticks),
        tasks,
        time: instance.time(),
        cold,
        setup: Setup { shared: task::task::Shared { topics: names.clone(), ..setup.shared }, ..setup },
    })
}

/// The topic of ticks.
pub(crate) fn ticks(instance: &Instance) -> String {
    format!("{}.ticks", instance.ids.namespace())
}

impl Instance {
    /// Whose time settles.
    pub(crate) fn time(&self) -> Time {
        match self.configuration.group.clock {
            config::Clock::Broker => Time::Broker,
            config::Clock::Recorded => Time::Recorded,
        }
    }
}
