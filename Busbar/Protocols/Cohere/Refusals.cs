using Busbar.Ir;

namespace Busbar.Protocols.Cohere;

/// <summary>The sentences for a malformed request, in the vendor's manner. They name the field and never repeat its content.</summary>
internal static class Refusals
{
    /// <summary>A field that must be there is not.</summary>
    public static GatewayError Missing(string param) => new(ErrorKind.InvalidRequest, $"invalid request: {param} is required.", Param: param);

    /// <summary>A field is of the wrong JSON type.</summary>
    public static GatewayError WrongType(string param, string expected) =>
        new(ErrorKind.InvalidRequest, $"invalid type: parameter {param} should be of type {expected}.", Param: param);

    /// <summary>A field has none of the values that exist.</summary>
    public static GatewayError WrongValue(string param, string supported) =>
        new(ErrorKind.InvalidRequest, $"invalid request: {param} must be one of {supported}.", Param: param);
}
