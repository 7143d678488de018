//! What must not be stored: passwords and tokens in addresses (R12).
//!
//! Applied by the stage to every row, whatever decoder wrote it. What only a decoder can recognise (a token
//! that is a whole field, a PIN in keypad text, a face) it leaves out itself.

use event::field::{self, FieldId};

/// The fields whose text may hold an address with a secret in it.
pub const FIELDS: &[FieldId] = &[field::URL, field::REFERRER, field::MESSAGE];

const MASK: &str = "***";

/// Names of query parameters that are secrets.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "token",
    "access_token",
    "api_key",
    "apikey",
    "secret",
    "client_secret",
];

/// The text with secrets masked; `None` if there are none.
pub fn text(text: &str) -> Option<String> {
    let without_user = mask_user_info(text);
    let masked = mask_parameters(without_user.as_deref().unwrap_or(text));
    masked.or(without_user)
}

/// `scheme://user:secret@host` keeps the user only.
fn mask_user_info(text: &str) -> Option<String> {
    let start = text.find("://")? + 3;
    let authority_len = text[start..].find(['/', '?', '#', ' ', '"']).unwrap_or(text.len() - start);
    let authority = &text[start..start + authority_len];
    let (user_info, host) = authority.rsplit_once('@')?;
    let (user, _secret) = user_info.split_once(':')?;
    Some(format!("{}{user}:{MASK}@{host}{}", &text[..start], &text[start + authority_len..]))
}

/// `?token=abc` keeps the name only.
fn mask_parameters(text: &str) -> Option<String> {
    let mut masked = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices('=') {
        let name_start = text[..at].rfind(['?', '&', ';', ' ', '#']).map_or(0, |found| found + 1);
        let name = &text[name_start..at];
        let value_len = text[at + 1..].find(['&', ';', ' ', '"', '#']).unwrap_or(text.len() - at - 1);
        if at < copied || value_len == 0 || !SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
            continue;
        }
        masked.push_str(&text[copied..=at]);
        masked.push_str(MASK);
        copied = at + 1 + value_len;
    }
    (copied > 0).then(|| masked + &text[copied..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expect: Option<&str>) {
        assert_eq!(text(raw).as_deref(), expect);
    }

    #[test]
    fn masks_secrets_only() {
        check("http://u:p@h/a", Some("http://u:***@h/a"));
        check("http://u@h/a?b=c", None);
        check("/a?x=1&Token=abc&y=2", Some("/a?x=1&Token=***&y=2"));
        check("get http://u:p@h/?pwd=é now", Some("get http://u:***@h/?pwd=*** now"));
        check("/a?token=", None);
        check("a:b@c", None);
    }
}
