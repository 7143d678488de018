//! Where things are: the ends of `distance(…)`, and the place of an event.
//!
//! How far two places lie apart is `program::distance`'s to say.

use super::asking::{AskStates, View};
use super::term::resolve;
use super::values::{Data, Datum, number};
use crate::program::distance::metres;
use crate::tree::Place;
use event::row::RowRef;
use event::value::{Geo, Value};
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;

/// An end of a distance.
#[derive(Clone, Debug)]
pub struct PlaceTest {
    /// The earlier step at whose event it is; none: at the event itself.
    pub(super) of: Option<u8>,
    paths: Vec<Path>,
}

impl PlaceTest {
    /// Compiles one.
    pub(super) fn of(place: &Place) -> PlaceTest {
        PlaceTest { of: place.of, paths: place.paths.clone() }
    }

    fn find<'a>(&'a self, view: &View<'a, impl AskStates>) -> Option<Geo> {
        let event = match self.of {
            Some(bit) => view.around.earlier(bit)?,
            None => view.event,
        };
        place_of(event, view.site, &self.paths)
    }
}

/// The place of an event: the first value of the first path that has one.
pub fn place_of<'a>(row: RowRef<'a>, site: &'a SiteModel, paths: &'a [Path]) -> Option<Geo> {
    paths.iter().find_map(|path| {
        let mut values = SmallVec::new();
        resolve(row, site, path, &mut values);
        values.iter().find_map(|value| match value {
            Value::Geo(geo) => Some(*geo),
            _ => None,
        })
    })
}

/// How far apart two places are; nothing if one of them is not known.
pub(super) fn distance<'a>(a: &'a PlaceTest, b: &'a PlaceTest, view: &View<'a, impl AskStates>) -> Data<'a> {
    let metres = a.find(view).zip(b.find(view)).map(|(a, b)| metres(a, b));
    metres.map(|metres| Datum::Number(number(metres))).into_iter().collect()
}
