using Busbar.Protocols;

namespace Busbar.Tests.Protocols;

/// <summary>Ids that vendors' clients read.</summary>
public sealed class IdsTests
{
    [Fact]
    public void A_uuid_is_of_version_4_and_the_usual_variant_and_none_comes_twice()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(_ => Ids.Uuid())];

        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id));
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void A_plain_uuid_follows_its_prefix_without_hyphens() =>
        Assert.Matches("^req_[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$", Ids.PlainUuid("req_"));

    [Fact]
    public void Ids_of_many_threads_differ()
    {
        var ids = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();

        Parallel.For(0, 8, _ =>
        {
            for (int id = 0; id < 2000; id++)
            {
                Assert.True(ids.TryAdd(Ids.PlainUuid(""), true));
            }
        });

        Assert.Equal(16_000, ids.Count);
    }
}
