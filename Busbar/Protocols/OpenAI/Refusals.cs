using Busbar.Ir;

namespace Busbar.Protocols.OpenAI;

/// <summary>The vendor's sentences for a malformed request. They name the field and never repeat its content.</summary>
internal static class Refusals
{
    /// <summary>A field that must be there is not.</summary>
    public static GatewayError Missing(string param) =>
        new(ErrorKind.InvalidRequest, $"Missing required parameter: '{param}'.", Param: param, Code: "missing_required_parameter");

    /// <summary>A field is of the wrong JSON type.</summary>
    public static GatewayError WrongType(string param, string expected) =>
        new(ErrorKind.InvalidRequest, $"Invalid type for '{param}': expected {expected}.", Param: param, Code: "invalid_type");

    /// <summary>A field has none of the values that exist.</summary>
    public static GatewayError WrongValue(string param, string supported) =>
        new(ErrorKind.InvalidRequest, $"Invalid value for '{param}'. Supported values are: {supported}.", Param: param, Code: "invalid_value");
}
