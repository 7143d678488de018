//! Values that are folded in more than their case: users with a directory, licence plates (classes.md §2).

use event::field::{self, FieldId};
use event::row::RowWriter;

/// Sets a field from text as every decoder should: a user is split from its directory, a plate loses blanks
/// and hyphens.
pub fn set(row: &mut RowWriter<'_>, field: FieldId, text: &str) {
    match field {
        field::USER => {
            let (user, domain) = split_user(text.trim());
            row.text(field::USER, user).maybe(field::USER_DOMAIN, domain);
        }
        field::PLATE => {
            row.text(field::PLATE, &text.replace([' ', '-'], ""));
        }
        _ => {
            row.text(field, text);
        }
    }
}

/// `DOMAIN\user` and `user@domain`.
fn split_user(text: &str) -> (&str, Option<&str>) {
    if let Some((domain, user)) = text.split_once('\\') {
        // Some exporters escape the backslash twice.
        return (user.trim_start_matches('\\'), Some(domain));
    }
    match text.split_once('@') {
        Some((user, domain)) if !user.is_empty() => (user, Some(domain)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_their_directories() {
        assert_eq!(split_user("HARBOUR\\jdoe"), ("jdoe", Some("HARBOUR")));
        assert_eq!(split_user("jdoe@harbour"), ("jdoe", Some("harbour")));
        assert_eq!(split_user("@jdoe"), ("@jdoe", None));
        assert_eq!(split_user("jdoe"), ("jdoe", None));
    }
}
