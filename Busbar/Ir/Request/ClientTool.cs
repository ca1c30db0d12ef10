using Busbar.Wire.Json;

namespace Busbar.Ir.Request;

/// <summary>What the client calls a tool that the provider knows by another name or in another form.</summary>
/// <param name="Name">The client's name, inside <paramref name="Namespace"/>.</param>
/// <param name="Namespace">The group the client keeps it in; absent when in none.</param>
/// <param name="Form">How the client spells its calls.</param>
internal readonly record struct ClientTool(JsonText Name, JsonText Namespace = default, ToolForm Form = ToolForm.Function);
