namespace Busbar.Wire.Json;

/// <summary>One member of a JSON object: its name and its value.</summary>
internal readonly record struct JsonMember(JsonText Name, JsonNode Value);
