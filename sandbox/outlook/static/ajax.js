/**
 * Defines what office.js expects of the ASP.NET client library, so that it asks no other host for it; written for the
 * sandbox. It is as rude to the page as the original: it replaces String.prototype.startsWith and endsWith by ones that
 * ignore their second argument and leaves enumerable members on the prototypes of Function, Error, Date and Number.
 */
(function () {
  "use strict";
  if (window.Sys && window.Sys.StringBuilder) {
    return;
  }

  var Sys = { __namespace: true };
  var namespaces = { Sys: Sys };

  function StringBuilder(initial) {
    this._parts = initial === undefined || initial === null || initial === "" ? [] : [String(initial)];
  }
  StringBuilder.prototype.append = function (text) {
    this._parts.push(text === undefined || text === null ? "" : String(text));
    return this;
  };
  StringBuilder.prototype.appendLine = function (text) {
    this._parts.push((text === undefined || text === null ? "" : String(text)) + "\r\n");
    return this;
  };
  StringBuilder.prototype.clear = function () {
    this._parts = [];
  };
  StringBuilder.prototype.isEmpty = function () {
    return this.toString() === "";
  };
  StringBuilder.prototype.toString = function (separator) {
    return this._parts.join(separator || "");
  };

  function nothing() {}

  Sys.StringBuilder = StringBuilder;
  Sys.Debug = { trace: nothing, fail: nothing, assert: nothing, clearTrace: nothing, traceDump: nothing };
  Sys.Browser = { InternetExplorer: {}, Firefox: {}, Safari: {}, Opera: {}, agent: null, name: "", version: 0 };
  Sys.Serialization = {
    __namespace: true,
    JavaScriptSerializer: {
      serialize: function (value) {
        return JSON.stringify(value);
      },
      deserialize: function (text) {
        return JSON.parse(text);
      },
    },
  };

  // In the library Type is another name for Function; every constructor can register itself as a class.
  var Type = Function;
  Type.prototype.registerClass = function (name, base) {
    this.prototype.constructor = this;
    this.__typeName = name;
    this.__class = true;
    if (base) {
      this.__baseType = base;
      this.__basePrototypePending = true;
    }
    return this;
  };
  Type.prototype.getName = function () {
    return this.__typeName || this.name || "";
  };
  Type.prototype.isInstanceOfType = function (instance) {
    return instance !== undefined && instance !== null && Object(instance) instanceof this;
  };
  // "Type" holds these as statics too: office.js looks for them before it takes the library for loaded
  Type.registerClass = Type.prototype.registerClass;
  Type.registerNamespace = function (path) {
    var owner = window;
    path.split(".").forEach(function (part) {
      if (!owner[part]) {
        owner[part] = { __namespace: true };
      }
      owner = owner[part];
    });
    namespaces[path] = owner;
  };

  Error.create = function (message, details) {
    var error = new Error(message);
    error.message = message;
    Object.keys(details || {}).forEach(function (name) {
      error[name] = details[name];
    });
    return error;
  };
  function maker(kind, standard) {
    return function (parameter, message) {
      var text = "Sys." + kind + ": " + (message || standard);
      if (parameter) {
        text += "\nParameter name: " + parameter;
      }
      return Error.create(text, { name: "Sys." + kind, paramName: parameter });
    };
  }
  Error.argument = maker("ArgumentException", "Value does not fall within the expected range.");
  Error.argumentNull = maker("ArgumentNullException", "Value cannot be null.");
  Error.argumentUndefined = maker("ArgumentUndefinedException", "Value cannot be undefined.");
  Error.argumentOutOfRange = function (parameter, actual, message) {
    var error = maker("ArgumentOutOfRangeException", "Specified argument was out of the range of valid values.")(
      parameter,
      message
    );
    error.actualValue = actual;
    return error;
  };
  Error.argumentType = function (parameter, actual, expected, message) {
    var standard = "Object cannot be converted to the required type.";
    if (actual && expected && actual.getName && expected.getName) {
      standard =
        "Object of type '" + actual.getName() + "' cannot be converted to type '" + expected.getName() + "'.";
    }
    var error = maker("ArgumentTypeException", standard)(parameter, message);
    error.actualType = actual;
    error.expectedType = expected;
    return error;
  };
  function plainMaker(kind, standard) {
    var make = maker(kind, standard);
    return function (message) {
      return make("", message);
    };
  }
  Error.parameterCount = plainMaker("ParameterCountException", "Parameter count mismatch.");
  Error.invalidOperation = plainMaker("InvalidOperationException", "Operation is not valid due to its state.");
  Error.notImplemented = plainMaker("NotImplementedException", "The method or operation is not implemented.");
  Error.format = plainMaker("FormatException", "One of the identified items was in an invalid format.");
  Error.prototype.popStackFrame = nothing;

  function typeFault(value, type, name) {
    var fits = type === Object || Object(value) instanceof type;
    return fits ? null : Error.argumentType(name, Object(value).constructor, type);
  }
  Function._validateParameter = function (value, rule, name) {
    if (value === undefined) {
      return rule.mayBeNull || rule.optional ? null : Error.argumentUndefined(name);
    }
    if (value === null) {
      return rule.mayBeNull ? null : Error.argumentNull(name);
    }
    return rule.type ? typeFault(value, rule.type, name) : null;
  };
  Function._validateParams = function (values, rules) {
    var least = rules.filter(function (rule) {
      return !rule.optional && !rule.parameterArray;
    }).length;
    // a rule that allows null also allows the argument to be left out, as the callers of the original rely on
    var required = rules.filter(function (rule) {
      return !rule.optional && !rule.parameterArray && !rule.mayBeNull;
    }).length;
    if (values.length < Math.min(least, required) || values.length > rules.length) {
      return Error.parameterCount();
    }
    for (var index = 0; index < rules.length; index += 1) {
      var fault = Function._validateParameter(values[index], rules[index], rules[index].name);
      if (fault) {
        return fault;
      }
    }
    return null;
  };
  Function.createDelegate = function (owner, method) {
    return function () {
      return method.apply(owner, arguments);
    };
  };
  Function.emptyFunction = nothing;

  String.prototype.startsWith = function (prefix) {
    return this.substr(0, prefix.length) === prefix;
  };
  String.prototype.endsWith = function (suffix) {
    return this.substr(this.length - suffix.length) === suffix;
  };
  String.prototype.trimStart = function () {
    return this.replace(/^\s+/, "");
  };
  String.prototype.trimEnd = function () {
    return this.replace(/\s+$/, "");
  };
  String.format = function (pattern) {
    var values = Array.prototype.slice.call(arguments, 1);
    return pattern.replace(/\{(\d+)\}/g, function (_, index) {
      return String(values[Number(index)]);
    });
  };
  Date.prototype.format = Date.prototype.toLocaleString;
  Date.prototype.localeFormat = Date.prototype.toLocaleString;
  Number.prototype.format = Number.prototype.toString;
  Number.prototype.localeFormat = Number.prototype.toLocaleString;

  window.Sys = Sys;
  window.Type = Type;
})();
