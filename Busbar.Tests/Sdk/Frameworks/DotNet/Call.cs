namespace Busbar.Tests.Sdk.Frameworks;

/// <summary>One call of a tool.</summary>
internal sealed record Call(string Name, IReadOnlyDictionary<string, object?> Args);
