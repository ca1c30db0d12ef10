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

    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(200)]
    public void One_lane_is_enough_for_it_not_to_be_empty(int index)
    {
        var set = new LaneSet();
        set.Add(index);
        Assert.False(set.IsEmpty);
    }
}
