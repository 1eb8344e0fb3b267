'use strict'; $nk.define('jmespath', {});
