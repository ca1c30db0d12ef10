namespace Busbar.Protocols;

/// <summary>A model that clients may call.</summary>
/// <param name="Name">The name by which it is called.</param>
/// <param name="Context">Largest input in tokens; null when unknown.</param>
internal readonly record struct ListedModel(string Name, long? Context);
