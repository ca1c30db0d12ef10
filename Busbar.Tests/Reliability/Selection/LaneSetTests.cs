using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability.Selection;

public sealed class LaneSetTests
{
    [Fact]
    public void It_holds_exactly_what_was_added()
    {
        var random = new Random(3);
        for (var round = 0; round < 50; round++)
        {
            var set = new LaneSet();
            var reference = new HashSet<int>();
            Assert.True(set.IsEmpty);
            for (var i = 0; i < 40; i++)
            {
                var index = random.Next(round < 25 ? 128 : 1000);
                set.Add(index);
                reference.Add(index);
            }

            Assert.False(set.IsEmpty);
            for (var i = 0; i < 1100; i++)
            {
                Assert.Equal(reference.Contains(i), set.Contains(i));
            }
        }
    }
}
