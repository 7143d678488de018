//! Relations and attributes of the site model, and the order in which an event implies an entity.

use crate::field::{self, FieldId, FieldType};
use crate::kind::Kind::{self, *};
use crate::relation::{FieldRelationDef, Implied, RelationDef, Target};
use crate::table::enums::ids as words;
use Implied::{Field, Login, Via};

/// The entity kind's one value of that name.
const fn one(from: &'static [Kind], name: &'static str, to: Kind) -> RelationDef {
    RelationDef { from, name, to: Target::Entity(to), many: false }
}

const fn many(from: &'static [Kind], name: &'static str, to: Kind) -> RelationDef {
    RelationDef { from, name, to: Target::Entity(to), many: true }
}

const fn attribute(from: &'static [Kind], name: &'static str, ty: FieldType) -> RelationDef {
    RelationDef { from, name, to: Target::Attribute(ty), many: false }
}

const fn attributes(from: &'static [Kind], name: &'static str, ty: FieldType) -> RelationDef {
    RelationDef { from, name, to: Target::Attribute(ty), many: true }
}

const ASSETS: &[Kind] = Kind::ASSETS;

/// One row a relation or attribute. `owner` and the like hold for every kind whose ids are asset ids.
pub(crate) const RELATIONS: &[RelationDef] = &[
    attribute(Kind::ALL, "id", FieldType::Code),
    // Doors and what guards them.
    one(&[Door], "from_zone", Zone),
    one(&[Door], "to_zone", Zone),
    many(&[Door], "zones", Zone),
    one(&[Door], "controller", Controller),
    many(&[Door], "readers", Reader),
    many(&[Door], "cameras", Camera),
    attribute(&[Door], "monitored", FieldType::Bool),
    attribute(&[Door], "perimeter", FieldType::Bool),
    attribute(&[Door], "class", FieldType::Code),
    attribute(&[Door], "hold_limit", FieldType::Duration),
    attribute(&[Door], "schedule", FieldType::Code),
    one(&[Reader], "door", Door),
    one(&[Reader], "controller", Controller),
    attribute(&[Reader], "direction", FieldType::Enum(words::DIRECTION)),
    many(&[Controller], "doors", Door),
    one(&[Controller], "panel", Panel),
    one(&[Controller], "asset", Asset),
    // Cameras.
    many(&[Camera], "views", Zone),
    attribute(&[Camera], "recorded", FieldType::Bool),
    attribute(&[Camera], "pre_roll", FieldType::Duration),
    attribute(&[Camera], "post_roll", FieldType::Duration),
    // Panels.
    many(&[Panel], "partitions", Partition),
    one(&[Partition], "panel", Panel),
    many(&[Panel, Partition], "zones", Zone),
    many(&[Panel, Partition], "sensors", Sensor),
    one(&[Sensor], "partition", Partition),
    one(&[Sensor], "panel", Panel),
    one(&[Sensor], "asset", Asset),
    attribute(&[Sensor], "technology", FieldType::Enum(words::TECHNOLOGY)),
    // Places.
    many(&[Zone], "partitions", Partition),
    many(&[Zone], "sensors", Sensor),
    many(&[Zone], "doors", Door),
    many(&[Zone], "cameras", Camera),
    many(&[Zone], "assets", Asset),
    many(&[Zone], "adjacent", Zone),
    many(&[Zone], "areas", Area),
    many(&[Area], "zones", Zone),
    one(&[Zone, Area], "site", Site),
    attribute(&[Zone], "level", FieldType::Int),
    attribute(&[Zone], "kind", FieldType::Enum(words::ZONE_KIND)),
    attribute(&[Zone], "two_person", FieldType::Bool),
    attribute(&[Zone], "limit", FieldType::Int),
    many(&[Site], "zones", Zone),
    many(&[Site], "doors", Door),
    many(&[Site], "partitions", Partition),
    many(&[Site], "release_doors", Door),
    attribute(&[Site], "country", FieldType::Code),
    attribute(&[Site], "geo", FieldType::Geo),
    attribute(&[Site], "time_zone", FieldType::Text),
    // Assets, and every device under the same id.
    one(ASSETS, "zone", Zone),
    attributes(ASSETS, "ips", FieldType::Ip),
    one(ASSETS, "owner", Person),
    many(ASSETS, "devices", Asset),
    many(ASSETS, "assets", Asset),
    many(&[Asset, Host], "sensors", Sensor),
    one(ASSETS, "switch", Asset),
    attribute(ASSETS, "switch.port", FieldType::Text),
    attribute(ASSETS, "kind", FieldType::Enum(words::ASSET_KIND)),
    attribute(ASSETS, "criticality", FieldType::Int),
    one(&[Host], "asset", Asset),
    // People and what they carry.
    one(&[Credential, Account, Guard, Vehicle], "person", Person),
    many(&[Person], "credentials", Credential),
    many(&[Person], "accounts", Account),
    one(&[Person], "home_site", Site),
    one(&[Person], "leader", Person),
    many(&[Person], "principal_sites", Site),
    attribute(&[Person], "status", FieldType::Enum(words::STATUS)),
    attribute(&[Person], "kind", FieldType::Enum(words::PERSON_KIND)),
    attribute(&[Person], "country", FieldType::Code),
    attribute(&[Person], "since", FieldType::Time),
    attribute(&[Account], "privileged", FieldType::Bool),
    attribute(&[Credential], "class", FieldType::Code),
    attribute(&[Credential], "last_used", FieldType::Time),
    one(&[Plate], "vehicle", Vehicle),
    many(&[Vehicle], "plates", Plate),
    // Tours.
    many(&[Tour], "checkpoints", Checkpoint),
    one(&[Checkpoint], "zone", Zone),
    one(&[Checkpoint], "reader", Reader),
    many(&[Checkpoint], "tours", Tour),
];

/// Relations of an address, and of what an operations system opened.
pub(crate) const FIELD_RELATIONS: &[FieldRelationDef] = &[
    FieldRelationDef {
        fields: &[field::SRC_IP, field::DST_IP, field::ASSIGNED_IP],
        relation: one(&[], "asset", Asset),
    },
    FieldRelationDef { fields: &[field::VISIT], relation: one(&[], "person", Person) },
    FieldRelationDef { fields: &[field::VISIT], relation: one(&[], "escort", Person) },
    FieldRelationDef { fields: &[field::PERMIT], relation: one(&[], "zone", Zone) },
    FieldRelationDef { fields: &[field::TICKET], relation: one(&[], "device", Asset) },
    FieldRelationDef { fields: &[field::TICKET], relation: one(&[], "zone", Zone) },
];

/// How an event implies an entity of a kind, the first that is known. A credential or a vehicle is never
/// implied.
pub const IMPLIED: &[(Kind, &[Implied])] = &[
    (
        Zone,
        &[
            Field(field::ZONE),
            Field(field::TO_ZONE),
            Via(field::SENSOR, "zone"),
            Via(field::DOOR, "to_zone"),
            Via(field::READER, "zone"),
            Via(field::CHECKPOINT, "zone"),
            Via(field::CAMERA, "views"),
            Via(field::DEVICE, "zone"),
            Via(field::ASSET, "zone"),
            Via(field::HOST, "zone"),
            Via(field::SWITCH, "zone"),
            Via(field::DST_ASSET, "zone"),
            Via(field::SRC_ASSET, "zone"),
        ],
    ),
    (Area, &[Field(field::AREA), Via(field::ZONE, "areas")]),
    (Site, &[Field(field::SITE)]),
    (Door, &[Field(field::DOOR), Via(field::READER, "door")]),
    (Partition, &[Field(field::PARTITION), Via(field::SENSOR, "partition")]),
    (Panel, &[Field(field::PANEL), Via(field::SENSOR, "panel"), Via(field::PARTITION, "panel")]),
    (
        Controller,
        &[Field(field::CONTROLLER), Via(field::DOOR, "controller"), Via(field::READER, "controller")],
    ),
    (
        Person,
        &[
            Field(field::PERSON),
            Via(field::CREDENTIAL, "person"),
            Via(field::ACCOUNT, "person"),
            Via(field::GUARD, "person"),
        ],
    ),
    (
        Account,
        &[Field(field::ACCOUNT), Login { app: field::APP, domain: field::USER_DOMAIN, user: field::USER }],
    ),
];

/// How an event implies the value of a field that its sender leaves out, the first that is known.
///
/// A device that is known only so joins no alerts; what the sender names, does.
pub const IMPLIED_FIELDS: &[(FieldId, &[Implied])] = &[
    (field::SRC_ASSET, &[Via(field::SRC_IP, "asset")]),
    (field::DST_ASSET, &[Via(field::DST_IP, "asset")]),
    (
        field::DEVICE,
        &[
            Field(field::SENSOR),
            Field(field::CAMERA),
            Field(field::READER),
            Field(field::CONTROLLER),
            Field(field::PANEL),
            Field(field::HOST),
        ],
    ),
];
