//! Rules that change while the daemon runs: the files that the configuration names are looked at, and a set that has changed
//! is read and checked whole. What is wrong is told, and the set that runs stays.
//!
//! When the new set comes into force, and what it goes on with, is the run loop's.

use crate::config::{self, Instance};
use crate::report::{Report, Style};
use engine::setup::Setup;
use event::time::{Duration, Timestamp};
use std::path::{Path, PathBuf};

/// The files are looked at this often. They have to be the same twice, so that nobody is taken at half a word.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The rule files of a configuration.
pub(super) struct RuleFiles {
    config: PathBuf,
    style: Style,
    paths: Vec<PathBuf>,
    /// What was last read, in force or not.
    known: Contents,
    /// What was there at the last look, if it is something else.
    coming: Option<Contents>,
    next: Timestamp,
}

/// Files and what is in them; a path that cannot be read has no files.
type Contents = Vec<(PathBuf, Vec<u8>)>;

/// A set that has changed.
pub(super) enum Changed {
    /// It checks.
    To(Box<Setup>),
    /// It does not, which was told.
    Broken,
}

impl RuleFiles {
    /// Those of an instance, as they are now.
    pub fn of(instance: &Instance, config: &Path, style: Style) -> RuleFiles {
        let named = &instance.configuration.rules;
        let paths: Vec<PathBuf> = named.iter().map(|path| instance.folder.join(&path.value)).collect();
        let known = contents(&paths);
        RuleFiles { config: config.to_owned(), style, paths, known, coming: None, next: Timestamp::MIN }
    }

    /// A changed set, once it stands still.
    pub fn look(&mut self, tasks: u32, now: Timestamp) -> Option<Changed> {
        if now < self.next {
            return None;
        }
        self.next = now + LOOK_EVERY;
        self.has_changed().then(|| self.read(tasks))
    }

    fn has_changed(&mut self) -> bool {
        let found = contents(&self.paths);
        if found == self.known {
            self.coming = None;
            return false;
        }
        let stands_still = self.coming.as_ref() == Some(&found);
        self.coming = Some(found);
        if stands_still {
            self.known = self.coming.take().unwrap_or_default();
        }
        stands_still
    }

    /// Reads the configuration anew; of it only the rules are taken.
    fn read(&self, tasks: u32) -> Changed {
        let mut report = Report::new(self.style);
        let plan = config::load(&self.config, &mut report)
            .and_then(|instance| crate::plan::of(&report, &instance, tasks, false));
        plan.map_or(Changed::Broken, |plan| Changed::To(Box::new(plan.setup)))
    }
}

fn contents(paths: &[PathBuf]) -> Contents {
    let files = paths.iter().flat_map(|path| crate::rule_files::under(path).unwrap_or_default());
    files.filter_map(|file| Some((file.clone(), std::fs::read(&file).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "rule opened \"{door}\" severity low {\n  by door\n  when door.opened\n}\n";

    #[test]
    fn a_changed_set_is_read_when_it_stands_still_and_a_broken_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("site.yaml", "sites: [{id: house, time_zone: Europe/Paris}]\n");
        write("house.rules", GOOD);
        let topic = "{topic: house.network, formats: [suricata], site: {fixed: house}}";
        let config = format!(
            "namespace: house\nsite_model: site.yaml\nrules: [house.rules]\ngroups:\n  - name: main\n    topics:\n      - {topic}\n"
        );
        write("watchfloor.yaml", &config);
        let file = folder.path().join("watchfloor.yaml");
        let instance = config::load(&file, &mut Report::new(Style::Json)).expect("it loads");
        let mut files = RuleFiles::of(&instance, &file, Style::Json);
        let mut second = 0;
        let mut look = |files: &mut RuleFiles| {
            second += 10;
            files.look(1, Timestamp::MIN + Duration::from_secs(second))
        };
        assert!(look(&mut files).is_none());
        write("house.rules", &GOOD.replace("door.opened", "door.held"));
        assert!(look(&mut files).is_none(), "it may still be written");
        let Some(Changed::To(setup)) = look(&mut files) else { panic!("it stands still") };
        assert_ne!(setup.shared.program.tree.hash, instance.rules.hash);
        assert!(look(&mut files).is_none());
        write("house.rules", "rule opened");
        assert!(look(&mut files).is_none());
        assert!(matches!(look(&mut files), Some(Changed::Broken)));
        assert!(look(&mut files).is_none(), "it is told once");
    }
}
