namespace Busbar.Tests.Sdk.Frameworks;

/// <summary>What came of a <see cref="Question"/>; <paramref name="Called"/> are the tools that were called, in order.</summary>
internal sealed record Answer(string? Text, List<Call> Called, string? Error = null);
