using System.Text;
using Busbar.Configuration.Model;
using Busbar.Oidc;

namespace Busbar.Tests.Oidc;

/// <summary>Answers with what the test says, and counts.</summary>
internal sealed class FakeIssuerNetwork(Func<string, CancellationToken, Task<string>> answer) : IIssuerNetwork
{
    private readonly Lock _lock = new();
    private readonly List<string> _asked = [];

    /// <summary>Answers with <paramref name="text"/> at once.</summary>
    public FakeIssuerNetwork(Func<string> text)
        : this((_, _) => Task.FromResult(text()))
    {
    }

    /// <summary>What was asked for.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> GetAsync(string url, JwtIssuerConfig issuer, int maxBytes, CancellationToken cancellation)
    {
        lock (_lock)
        {
            _asked.Add(url);
        }

        try
        {
            return Encoding.UTF8.GetBytes(await answer(url, cancellation));
        }
        catch (OperationCanceledException)
        {
            throw new IssuerException("silent");
        }
    }
}
