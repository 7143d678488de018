//! Whose account a login is: product, directory and user name together.
//!
//! An account says which of the three it is bound to; the one bound to most is taken. It is not asked whether the login
//! succeeded, or whether the account exists elsewhere.

use crate::draft::Given;
use crate::validity::Validity;
use crate::web::{End, Web};
use event::kind::Kind;
use event::symbol::{Symbol, SymbolKey};
use event::time::Timestamp;
use hashbrown::HashMap;

/// Accounts by user name.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    by_user: HashMap<Symbol, Vec<Login>, foldhash::fast::FixedState>,
}

#[derive(Debug)]
struct Login {
    app: Option<Symbol>,
    domain: Option<Symbol>,
    validity: Validity,
    account: u32,
}

impl Logins {
    pub fn of(web: &Web, key: SymbolKey) -> Logins {
        let mut logins = Logins::default();
        for account in web.of_kind(Kind::Account) {
            let id = &web.spots[account as usize].id;
            let (domain, user) = parts(id);
            let domain = text(web, account, "domain").or(domain);
            let user = text(web, account, "user").unwrap_or(user);
            let symbol = |text: &str| key.symbol(text);
            let (app, domain) = (text(web, account, "app").map(symbol), domain.map(symbol));
            for validity in validities(web, account) {
                let login = Login { app, domain, validity, account };
                logins.by_user.entry(key.symbol(user)).or_default().push(login);
            }
        }
        logins
    }

    /// The account, as a number of the graph. Of accounts bound to as much the least id is taken.
    pub fn account(
        &self,
        app: Option<Symbol>,
        domain: Option<Symbol>,
        user: Symbol,
        ts: Timestamp,
    ) -> Option<u32> {
        let fits = |login: &&Login| {
            let app_fits = login.app.is_none_or(|known| app == Some(known));
            let domain_fits = login.domain.is_none_or(|known| domain == Some(known));
            app_fits && domain_fits && login.validity.contains(ts)
        };
        let bound = |login: &&Login| (login.domain.is_none(), login.app.is_none(), login.account);
        self.by_user.get(&user)?.iter().filter(fits).min_by_key(bound).map(|login| login.account)
    }
}

/// `corp\jdoe`, `jdoe@corp`, `jdoe`.
fn parts(id: &str) -> (Option<&str>, &str) {
    match (id.split_once('\\'), id.rsplit_once('@')) {
        (Some((domain, user)), _) => (Some(domain), user),
        (None, Some((user, domain))) => (Some(domain), user),
        (None, None) => (None, id),
    }
}

/// An account that is only named holds as long as it is.
fn validities(web: &Web, account: u32) -> Vec<Validity> {
    let declared: Vec<Validity> =
        web.spots[account as usize].declared.iter().map(|(validity, _)| *validity).collect();
    let named = web.ends(account, "person").into_iter().map(|(_, validity, _)| validity);
    match (declared.is_empty(), web.links(account, "person").is_empty()) {
        (false, _) => declared,
        (true, false) => named.collect(),
        (true, true) => vec![Validity::ALWAYS],
    }
}

fn text<'a>(web: &'a Web, from: u32, name: &str) -> Option<&'a str> {
    web.links(from, name).iter().find_map(|link| match &link.end {
        End::Value(Given::Text(text)) => Some(text.as_str()),
        _ => None,
    })
}
