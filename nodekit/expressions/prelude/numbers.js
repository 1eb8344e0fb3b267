// n8n's data functions for numbers and for true and false.
'use strict';

{
  const { ExpressionExtensionError } = $nk;
  const whole = (name, value) => {
    if (!Number.isInteger(value)) throw new ExpressionExtensionError(`${name}() is only callable on integers`);
    return value;
  };

  $nk.define('numbers', {
    Number: {
      abs: (value) => Math.abs(value),
      ceil: (value) => Math.ceil(value),
      floor: (value) => Math.floor(value),
      round: (value, decimals = 0) => Number(value.toFixed(decimals)),
      format: (value, locale = 'en-US', options = {}) => $nk.part('intlnumber').formatNumber(value, locale, options),
      isEven: (value) => whole('isEven', value) % 2 === 0,
      isOdd: (value) => Math.abs(whole('isOdd', value) % 2) === 1,
      isInteger: (value) => Number.isInteger(value),
      toBoolean: (value) => value !== 0,
      toInt: (value) => Math.round(value),
      toFloat: (value) => value,
      toDateTime: (value, unit = 'ms') => $nk.part('dates').ofNumber(value, unit),
    },
    Boolean: {
      toBoolean: (value) => value,
      toInt: (value) => (value ? 1 : 0),
      toFloat: (value) => (value ? 1 : 0),
      toNumber: (value) => (value ? 1 : 0),
      toDateTime: () => undefined,
    },
  });
}
