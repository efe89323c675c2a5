//! The serializer of a value that may be anything, and of the entries of one that is a map or a list.

use std::fmt;

use serde::ser::{self, Serialize};

use super::{
    Error, LONGEST_KEY,
    key::Key,
    out::{Out, is_block},
};

/// Where a value stands.
#[derive(Clone, Copy)]
enum Position {
    /// It is the document.
    Top,
    /// After the key of a map at a column.
    Value(usize),
    /// After the dash of a list at a column.
    Item(usize),
}

/// Writes one value.
pub(super) struct Document<'o, 'w> {
    out: &'o mut Out<'w>,
    position: Position,
}

impl<'o, 'w> Document<'o, 'w> {
    pub(super) fn new(out: &'o mut Out<'w>) -> Self {
        Document { out, position: Position::Top }
    }

    /// A scalar and the end of its line.
    fn scalar(self, write: impl FnOnce(&mut Out<'_>)) -> Result<(), Error> {
        if let Position::Value(_) = self.position {
            self.out.text.push(' ');
        }
        write(self.out);
        self.out.line()
    }

    fn number(self, number: impl fmt::Display) -> Result<(), Error> {
        self.scalar(|out| out.display(number))
    }

    fn map(self) -> Entries<'o, 'w> {
        let column = match self.position {
            Position::Top => 0,
            Position::Value(column) | Position::Item(column) => column + 2,
        };
        Entries { out: self.out, position: self.position, column, empty: true }
    }

    fn list(self) -> Entries<'o, 'w> {
        let column = match self.position {
            Position::Top => 0,
            Position::Value(column) => column,
            Position::Item(column) => column + 2,
        };
        Entries { out: self.out, position: self.position, column, empty: true }
    }

    /// The only entry of a map, as serde's JSON shows a variant that has data.
    fn variant(self, name: &'static str) -> Result<Document<'o, 'w>, Error> {
        let mut map = self.map();
        map.key(name)?;
        Ok(Document { position: Position::Value(map.column), out: map.out })
    }
}

/// Writes the entries of a map, or the items of a list.
pub(super) struct Entries<'o, 'w> {
    out: &'o mut Out<'w>,
    position: Position,
    /// Where each entry starts.
    column: usize,
    empty: bool,
}

impl Entries<'_, '_> {
    /// Goes to where the next entry starts.
    fn next(&mut self) {
        match (self.empty, self.position) {
            (true, Position::Value(_)) => {
                self.out.text.push('\n');
                self.out.spaces(self.column);
            }
            (true, Position::Top | Position::Item(_)) => {}
            (false, _) => self.out.spaces(self.column),
        }
        self.empty = false;
    }

    pub(super) fn key(&mut self, key: &str) -> Result<(), Error> {
        self.next();
        let start = self.out.text.len();
        self.out.flat(key);
        let written = self.out.text.get(start..).unwrap_or_default();
        if written.len() > LONGEST_KEY && written.chars().count() > LONGEST_KEY {
            return Err(Error::LongKey(key.chars().take(40).collect()));
        }
        self.out.text.push(':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Document { out: self.out, position: Position::Value(self.column) })
    }

    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.next();
        self.out.text.push_str("- ");
        item.serialize(Document { out: self.out, position: Position::Item(self.column) })
    }

    /// Ends the collection; one without entries is written as `empty`.
    fn end_or(self, empty: &str) -> Result<(), Error> {
        if self.empty {
            return Document { out: self.out, position: self.position }
                .scalar(|out| out.text.push_str(empty));
        }
        Ok(())
    }
}

macro_rules! numbers {
    ($($method:ident $type:ty),*) => {$(
        fn $method(self, n: $type) -> Result<(), Error> {
            self.number(n)
        }
    )*};
}

impl<'o, 'w> ser::Serializer for Document<'o, 'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Entries<'o, 'w>;
    type SerializeTuple = Entries<'o, 'w>;
    type SerializeTupleStruct = Entries<'o, 'w>;
    type SerializeTupleVariant = Entries<'o, 'w>;
    type SerializeMap = Entries<'o, 'w>;
    type SerializeStruct = Entries<'o, 'w>;
    type SerializeStructVariant = Entries<'o, 'w>;

    numbers! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128
    }

    fn serialize_f32(self, x: f32) -> Result<(), Error> {
        if !x.is_finite() {
            return Err(Error::NotFinite(x.into()));
        }
        self.scalar(|out| out.float(x))
    }

    fn serialize_f64(self, x: f64) -> Result<(), Error> {
        if !x.is_finite() {
            return Err(Error::NotFinite(x));
        }
        self.scalar(|out| out.float(x))
    }

    fn serialize_char(self, c: char) -> Result<(), Error> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        let indent = match self.position {
            // At the top an indentation indicator means different things to different readers.
            Position::Top => None,
            Position::Value(column) | Position::Item(column) => Some(column + 2),
        };
        self.scalar(|out| match indent {
            Some(indent) if is_block(text) => out.block(text, indent),
            _ => out.flat(text),
        })
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Error::Bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.scalar(|out| out.text.push_str("null"))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.variant(variant)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.variant(variant)?.list())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.map())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.map())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'o, 'w>, Error> {
        Ok(self.variant(variant)?.map())
    }
}

macro_rules! lists {
    ($($kind:ident $method:ident;)*) => {$(
        impl ser::$kind for Entries<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.item(item)
            }

            fn end(self) -> Result<(), Error> {
                self.end_or("[]")
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structs {
    ($($kind:ident)*) => {$(
        impl ser::$kind for Entries<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Error> {
                self.end_or("{}")
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(Key(self))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.end_or("{}")
    }
}
