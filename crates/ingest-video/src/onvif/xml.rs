//! The XML forms: notifications of WS-Notification, in a SOAP envelope, in a metadata stream, or bare.
//!
//! Names are compared without their prefixes, because devices choose them freely and fragments do not declare
//! them. There is no document type here and so no entity but the five that XML has: a text that defines
//! others is refused.

use super::notification::{Item, Notification, Operation, Part};
use ingest::decoder::Refusal;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deepest nesting.
const DEPTH_MAX: usize = 64;
/// Most elements of one message.
const ELEMENTS_MAX: usize = 2_000;
/// Longest text or attribute.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Its notifications, in order.
    pub notifications: Vec<Notification>,
    /// Measurements of the metadata stream.
    pub measurements: Vec<Measurement>,
    /// Whether it is of ONVIF at all: a description of a scene has nothing to notify.
    pub known: bool,
}

/// One value of a sensor in a metadata stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measurement {
    /// As sent.
    pub time: String,
    /// The sensor's id.
    pub sensor: String,
    /// What was measured.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Document, Refusal> {
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::default();
    loop {
        match reader.read_event().map_err(|error| refusal(&error))? {
            Event::Start(start) => builder.open(&start)?,
            Event::Empty(start) => {
                builder.open(&start)?;
                builder.close();
            }
            Event::End(_) => builder.close(),
            Event::Text(text) => builder.text(&text)?,
            Event::CData(text) => builder.text(&text)?,
            Event::GeneralRef(entity) => builder.entity(&entity)?,
            Event::DocType(_) => return Err(Refusal::malformed("XML with a document type")),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if builder.path.is_empty() {
        Ok(builder.finish())
    } else {
        Err(Refusal::truncated("XML ends inside an element"))
    }
}

fn refusal(error: &quick_xml::Error) -> Refusal {
    match error {
        quick_xml::Error::Syntax(_) => Refusal::truncated(error.to_string()),
        _ => Refusal::malformed(error.to_string()),
    }
}

/// Collects notifications while elements open and close.
#[derive(Default)]
struct Builder {
    /// Local names of the open elements.
    path: Vec<String>,
    elements: usize,
    /// Text of the innermost element that is open.
    text: String,
    part: Option<Part>,
    current: Option<Notification>,
    measurement: Option<Measurement>,
    document: Document,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        self.elements += 1;
        if self.path.len() == DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return Err(Refusal::too_large(format!(
                "XML deeper than {DEPTH_MAX} or of more than {ELEMENTS_MAX} elements"
            )));
        }
        let name = start.local_name().into_inner().to_owned();
        match &*name {
            "NotificationMessage" => self.begin(),
            // Fragments leave the element around a notification out.
            "Topic" if self.current.as_ref().is_none_or(|current| !current.topic.is_empty()) => self.begin(),
            "Message" => self.message(start)?,
            "SimpleItem" => self.simple_item(start)?,
            "SensorData" => self.sensor_data(start)?,
            "MetadataStream" | "VideoAnalytics" | "Frame" | "PullMessagesResponse" | "Notify" => {
                self.document.known = true;
            }
            _ => self.part = Part::of(&name).or(self.part),
        }
        self.text.clear();
        self.path.push(name);
        Ok(())
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let parent = self.path.last().map_or("", String::as_str);
        match (&*name, &mut self.current, &mut self.measurement) {
            ("NotificationMessage", ..) => self.end(),
            ("Source" | "Key" | "Data", ..) => self.part = None,
            ("SensorData", _, measurement) => self.document.measurements.extend(measurement.take()),
            ("Type", _, Some(measurement)) => measurement.kind = text.to_owned(),
            ("Value", _, Some(measurement)) => measurement.value = text.to_owned(),
            ("Topic", Some(current), _) => current.topic = text.to_owned(),
            ("Address", Some(current), _) if parent == "ProducerReference" => {
                current.producer = text.to_owned()
            }
            // Whatever stands inside an element item is told by the names of its leaves.
            (_, Some(current), _) if !text.is_empty() => {
                if let Some(part) = self.part {
                    current.items.push(Item { part, name, value: text.to_owned() });
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self) {
        self.end();
        self.current = Some(Notification::default());
    }

    fn end(&mut self) {
        self.part = None;
        self.document.notifications.extend(self.current.take());
    }

    fn finish(mut self) -> Document {
        self.end();
        self.document.known |=
            !self.document.notifications.is_empty() || !self.document.measurements.is_empty();
        self.document
    }

    /// The outer `Message` has no attributes, the inner one has the time.
    fn message(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        let (time, operation) = (attribute(start, "UtcTime")?, attribute(start, "PropertyOperation")?);
        if let Some(current) = &mut self.current {
            current.time = time.unwrap_or(std::mem::take(&mut current.time));
            current.operation = operation.map_or(current.operation, |word| Operation::of(&word));
        }
        Ok(())
    }

    fn simple_item(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        let (Some(part), Some(current)) = (self.part, &mut self.current) else { return Ok(()) };
        if let (Some(name), Some(value)) = (attribute(start, "Name")?, attribute(start, "Value")?) {
            current.items.push(Item { part, name, value });
        }
        Ok(())
    }

    fn sensor_data(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        let (time, sensor) = (attribute(start, "UtcTime")?, attribute(start, "SensorID")?);
        self.measurement = Some(Measurement {
            time: time.unwrap_or_default(),
            sensor: sensor.unwrap_or_default(),
            ..Measurement::default()
        });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Refusal> {
        if self.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err(Refusal::too_large(format!("a text of more than {TEXT_BYTES_MAX} bytes")));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn entity(&mut self, entity: &BytesRef<'_>) -> Result<(), Refusal> {
        let unknown = || Refusal::malformed(format!("XML with the entity `{}`", &**entity));
        match entity.resolve_char_ref() {
            Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
            Ok(None) => self.text(resolve_xml_entity(entity).ok_or_else(unknown)?),
            Err(_) => Err(unknown()),
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    // Without the check for repeated names, whose cost grows with the square of their number.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| Refusal::malformed(error.to_string()))?;
        if attribute.key.local_name().into_inner() != name {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| Refusal::malformed(error.to_string()))?;
        if value.len() > TEXT_BYTES_MAX {
            return Err(Refusal::too_large(format!("an attribute of {} bytes", value.len())));
        }
        return Ok(Some(value.into_owned()));
    }
    Ok(None)
}
