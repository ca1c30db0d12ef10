using Busbar.Upstream.Identity;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>Keeps what it is told, in order.</summary>
internal sealed class NotedEvents : IIdentityEvents
{
    private readonly List<string> _notes = [];

    /// <summary>What it was told.</summary>
    public string[] Notes
    {
        get
        {
            lock (_notes)
            {
                return [.. _notes];
            }
        }
    }

    /// <inheritdoc/>
    public void Minted(CloudIdentity identity, MintedCredential credential) => Add($"minted {credential.Token}");

    /// <inheritdoc/>
    public void Failed(CloudIdentity identity, string reason, bool hasFormer) => Add($"failed {reason}{(hasFormer ? ", former serves" : "")}");

    /// <summary>Waits until it was told so much.</summary>
    public Task ToldAsync(int count) => Scenarios.Harness.Eventually.TrueAsync(() => Notes.Length >= count, $"told {count}");

    private void Add(string note)
    {
        lock (_notes)
        {
            _notes.Add(note);
        }
    }
}
