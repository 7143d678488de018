//! The files of the demo: those of the simulated site, and the rules that ship with the product.

use std::collections::BTreeMap;

macro_rules! rules {
    ($($name:literal),*) => {
        &[$((concat!("rules/", $name), include_str!(concat!("../../../../rules/", $name)))),*]
    };
}

/// The folder `rules/` as it was when the program was built.
const RULES: &[(&str, &str)] = rules![
    "access.rules",
    "cross_domain.rules",
    "first.rules",
    "intrusion.rules",
    "life_safety.rules",
    "network.rules",
    "operations.rules",
    "standard.rules",
    "video.rules"
];

/// All of them, by path.
pub(crate) fn files() -> BTreeMap<String, String> {
    let rules = RULES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    sim::files().into_iter().chain(rules).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_rule_file_that_ships_is_held() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
        let shipped = crate::rule_files::under(&folder).expect("a folder");
        let shipped: Vec<String> =
            shipped.iter().filter_map(|path| path.file_name()?.to_str()).map(str::to_owned).collect();
        let held: Vec<&str> = RULES.iter().filter_map(|(name, _)| name.strip_prefix("rules/")).collect();
        assert_eq!(shipped, held);
    }
}
