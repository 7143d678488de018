//! Where the files of a configuration are: on the disk, or held by the program, as those of the demo are.
//!
//! Both are read by the same code behind it, so that what is checked, and how it is said, is the same.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A place of files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Files<'a> {
    /// The file system.
    Disk,
    /// Texts by their path.
    Held(&'a BTreeMap<String, String>),
}

impl Files<'_> {
    /// The bytes of a file.
    pub fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        match self {
            Files::Disk => std::fs::read(path),
            Files::Held(texts) => held(texts, path).map(|text| text.as_bytes().to_vec()),
        }
    }

    /// The same as text.
    pub fn text(self, path: &Path) -> io::Result<String> {
        match self {
            Files::Disk => std::fs::read_to_string(path),
            Files::Held(texts) => held(texts, path).map(str::to_owned),
        }
    }

    /// The rule files of a path: itself, or what a folder holds.
    pub fn rules_under(self, path: &Path) -> io::Result<Vec<PathBuf>> {
        match self {
            Files::Disk => crate::rule_files::under(path),
            Files::Held(texts) => {
                let is_rules = |path: &Path| path.extension().is_some_and(|ending| ending == "rules");
                let all = texts.keys().map(PathBuf::from);
                Ok(all.filter(|file| file.starts_with(path) && is_rules(file)).collect())
            }
        }
    }
}

fn held<'t>(texts: &'t BTreeMap<String, String>, path: &Path) -> io::Result<&'t str> {
    let text = path.to_str().and_then(|path| texts.get(path));
    text.map(String::as_str).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_files_are_found_by_path_and_folder() {
        let texts = BTreeMap::from(
            ["a.yaml", "rules/x.rules", "rules/README.md"].map(|p| (p.to_owned(), p.to_owned())),
        );
        let files = Files::Held(&texts);
        assert_eq!(files.text(Path::new("a.yaml")).expect("it is held"), "a.yaml");
        assert_eq!(files.read(Path::new("b.yaml")).expect_err("it is not").kind(), io::ErrorKind::NotFound);
        assert_eq!(
            files.rules_under(Path::new("rules/")).expect("a folder"),
            [PathBuf::from("rules/x.rules")]
        );
    }
}
