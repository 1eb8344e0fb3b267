// n8n's data functions for objects. None changes the object it is called on.
'use strict';

{
  const { ExpressionExtensionError } = $nk;
  const wantsText = (name, value) => {
    if (typeof value !== 'string' || value === '') {
      throw new ExpressionExtensionError(`${name}(): expected non-empty string arg, e.g. .${name}("value")`);
    }
  };
  const filtered = (object, keep) => Object.fromEntries(Object.entries(object).filter(([key, value]) => keep(key, value)));

  // The value of a query as forms write it: a space is a plus sign.
  const formEncoded = (value) => encodeURIComponent(String(value))
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());

  $nk.define('objects', {
    Object: {
      keys: (object) => Object.keys(object),
      values: (object) => Object.values(object),
      hasField: (object, name) => name in object,
      removeField: (object, name) => filtered(object, (key) => key !== name),
      removeFieldsContaining(object, text) {
        wantsText('removeFieldsContaining', text);
        return filtered(object, (_, value) => typeof value !== 'string' || !value.includes(text));
      },
      keepFieldsContaining(object, text) {
        wantsText('keepFieldsContaining', text);
        return filtered(object, (_, value) => typeof value === 'string' && value.includes(text));
      },
      compact: (object) => $nk.part('arrays').compacted(object),
      urlEncode: (object) => Object.entries(object)
        .map(([key, value]) => `${formEncoded(key)}=${formEncoded(value)}`).join('&'),
      isEmpty: (object) => Object.keys(object).length === 0,
      isNotEmpty: (object) => Object.keys(object).length > 0,
      toJsonString: (object) => JSON.stringify(object),
      toInt: () => undefined,
      toFloat: () => undefined,
      toBoolean: () => undefined,
      toDateTime: () => undefined,
    },
  });
}
